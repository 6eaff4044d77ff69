import { Share2 } from "lucide-react";
import { useId, useState } from "react";
import type { Video } from "../../../api/client";
import { formatDuration } from "../../../lib/format";
import { texts } from "../../../lib/texts";
import { Button } from "../../../ui/Button";
import { CopyButton } from "../../../ui/CopyButton";
import { Dialog } from "../../../ui/Dialog";
import { Check } from "../../../ui/Field";
import { embedCode, linkOf } from "./share";

const words = texts.videos.share;

type Props = {
  video: Video;
  /** Where the player is, in seconds. */
  time: () => number;
};

/** The link to a video, from a moment on if wanted, and the code that puts it into another site. */
export function ShareVideo({ video, time }: Props) {
  const [seconds, setSeconds] = useState<number>();
  return (
    <>
      <Button kind="plain" size="small" onClick={() => setSeconds(Math.floor(time()))}>
        <Share2 aria-hidden className="size-4" /> {words.action}
      </Button>
      {seconds !== undefined && (
        <Dialog title={words.title} onClose={() => setSeconds(undefined)}>
          <Shared video={video} seconds={seconds} />
          <form method="dialog" className="flex justify-end">
            <Button type="submit" kind="plain">
              {texts.common.close}
            </Button>
          </form>
        </Dialog>
      )}
    </>
  );
}

function Shared({ video, seconds }: { video: Video; seconds: number }) {
  const [isFromTime, setIsFromTime] = useState(false);
  return (
    <>
      <Line
        name={words.link}
        label={words.linkLabel}
        value={linkOf(location.origin, video.id, isFromTime ? seconds : 0)}
      />
      {seconds > 0 && (
        <Check
          name="from"
          label={words.from(formatDuration(seconds * 1000))}
          checked={isFromTime}
          onChange={(event) => setIsFromTime(event.target.checked)}
        />
      )}
      <Line name={words.embed} label={words.embedLabel} value={embedCode(location.origin, video)} />
    </>
  );
}

type LineProps = { name: string; label: string; value: string };

function Line({ name, label, value }: LineProps) {
  const id = useId();
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="font-semibold">
        {label}
      </label>
      <div className="flex gap-2">
        <input
          id={id}
          readOnly
          className="field-input min-w-0 flex-1"
          value={value}
          onFocus={(event) => event.currentTarget.select()}
        />
        <CopyButton name={name} value={() => value} />
      </div>
    </div>
  );
}
