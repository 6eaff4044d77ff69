import { Captions as Icon } from "lucide-react";
import { useState } from "react";
import type { Video } from "../../../api/client";
import { texts } from "../../../lib/texts";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { CaptionForm } from "./CaptionForm";
import { languageName } from "./languages";
import { useCaptions } from "./useCaptions";

const words = texts.videos.captions;

/** The captions of a video: what there is, by language, and a form for more. */
export function Captions({ video }: { video: Video }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <Button kind="plain" size="small" onClick={() => setIsOpen(true)}>
        <Icon aria-hidden className="size-4" /> {words.action}
      </Button>
      {isOpen && (
        <Dialog title={words.title} onClose={() => setIsOpen(false)}>
          <CaptionList video={video} />
          <CaptionForm video={video} />
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

function CaptionList({ video }: { video: Video }) {
  const { remove } = useCaptions(video);
  if (!video.captions.length) return <p className="text-quiet">{words.none}</p>;
  return (
    <>
      <ul className="flex flex-col gap-2">
        {video.captions.map(({ lang }) => (
          <li key={lang} className="flex items-center justify-between gap-3">
            <span lang="en">{languageName(lang)}</span>
            <Button
              kind="plain"
              size="small"
              aria-label={words.removeOne(languageName(lang))}
              disabled={remove.isPending}
              onClick={() => remove.mutate(lang)}
            >
              {words.remove}
            </Button>
          </li>
        ))}
      </ul>
      {remove.error && (
        <p role="alert" className="text-bad">
          {remove.error.message}
        </p>
      )}
    </>
  );
}
