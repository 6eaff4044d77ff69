import { formatDuration } from "../../../lib/format";
import { texts } from "../../../lib/texts";
import type { Look } from "../live";
import type { Quality } from "../quality";
import { FullscreenButton } from "./FullscreenButton";
import { LiveBadge } from "./LiveBadge";
import { PipButton } from "./PipButton";
import { PlayButton } from "./PlayButton";
import { SeekBar } from "./SeekBar";
import { SettingsMenu } from "./SettingsMenu";
import { TheatreButton } from "./TheatreButton";
import { VolumeControl } from "./VolumeControl";

type Props = {
  look: Look;
  /** Seconds one may go back; 0 where there is no recording to go back in. */
  window: number;
  quality: Quality | undefined;
  onQuality: (level: number) => void;
  /** To so many seconds behind the edge, as a number below zero. */
  onSeek: (behind: number) => void;
  onEdge: () => void;
};

const words = texts.player;
const clock = (behind: number) => `-${formatDuration(Math.round(-behind) * 1000)}`;

/** The controls of a stream that is live. */
export function LiveBar({ look, window, quality, onQuality, onSeek, onEdge }: Props) {
  const { at, edge, isAtEdge, latency } = look;
  const behind = isAtEdge || !at || !edge ? 0 : Math.min((at - edge) / 1000, 0);
  return (
    <>
      {window > 0 && (
        <SeekBar
          min={-window}
          max={0}
          value={behind}
          format={clock}
          speak={(value) => (value === 0 ? words.atEdge : words.behindEdge(formatDuration(-value * 1000)))}
          onSeek={onSeek}
        />
      )}
      <div className="flex items-center">
        <PlayButton />
        <VolumeControl />
        <LiveBadge isAtEdge={isAtEdge} onEdge={onEdge} />
        {latency !== undefined && (
          <span className="min-w-0 truncate px-2 text-sm tabular-nums" title={words.behindHint}>
            {latency < 60 ? words.behind(latency) : clock(-latency)}
          </span>
        )}
        <span className="flex-1" />
        <SettingsMenu quality={quality} onQuality={onQuality} hasSpeeds={false} />
        <PipButton />
        <TheatreButton />
        <FullscreenButton />
      </div>
    </>
  );
}
