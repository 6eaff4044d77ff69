import { useMediaSelector } from "media-chrome/react/media-store";
import { formatDuration } from "../../../lib/format";
import { texts } from "../../../lib/texts";
import type { Quality } from "../quality";
import { CaptionsButton } from "./CaptionsButton";
import { FullscreenButton } from "./FullscreenButton";
import { useMedia } from "./media";
import { PipButton } from "./PipButton";
import { PlayButton } from "./PlayButton";
import { SeekBar } from "./SeekBar";
import { SettingsMenu } from "./SettingsMenu";
import { TheatreButton } from "./TheatreButton";
import type { Picture } from "./thumbnails";
import { VolumeControl } from "./VolumeControl";

type Props = {
  quality: Quality | undefined;
  onQuality: (level: number) => void;
  pictures: readonly Picture[] | undefined;
};

const clock = (seconds: number) => formatDuration(Math.floor(seconds) * 1000);

/** The controls of a video that is finished. */
export function VideoBar({ quality, onQuality, pictures }: Props) {
  const media = useMedia();
  const time = useMediaSelector((state) => state.mediaCurrentTime) ?? 0;
  const duration = useMediaSelector((state) => state.mediaDuration) || 0;
  const buffered = useMediaSelector((state) => state.mediaBuffered) ?? [];
  return (
    <>
      <SeekBar
        min={0}
        max={duration}
        value={time}
        buffered={buffered}
        pictures={pictures}
        format={clock}
        speak={(at) => texts.player.timeOf(clock(at), formatDuration(duration * 1000))}
        onSeek={media.seek}
      />
      <div className="flex items-center">
        <PlayButton />
        <VolumeControl />
        <span className="px-2 text-sm tabular-nums">
          {clock(time)} / {formatDuration(duration * 1000)}
        </span>
        <span className="flex-1" />
        <CaptionsButton />
        <SettingsMenu quality={quality} onQuality={onQuality} hasSpeeds />
        <PipButton />
        <TheatreButton />
        <FullscreenButton />
      </div>
    </>
  );
}
