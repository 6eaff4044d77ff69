import { Play, VolumeOff } from "lucide-react";
import { useMediaSelector } from "media-chrome/react/media-store";
import { type ReactNode, useRef } from "react";
import type { Stream } from "../../../api/client";
import { texts } from "../../../lib/texts";
import { BigButton } from "../controls/BigButton";
import { LiveBar } from "../controls/LiveBar";
import { useMedia, useMediaElement } from "../controls/media";
import { Spinner } from "../controls/Spinner";
import { type Fit, Stage } from "../controls/Stage";
import { useLive } from "./useLive";

const words = texts.player;
const AWAY: Record<string, string> = { RECONNECTING: words.encoderAway, LOST: words.encoderLost };
const PHASES: Record<string, string> = { loading: words.loading, reconnecting: words.reconnecting };

type Props = { stream: Stream; fit: Fit; head?: ReactNode; isMuted?: boolean };

/** Plays a stream: at its edge, or as far behind as its recording goes back. */
export function OnAir({ stream, fit, head, isMuted = false }: Props) {
  const video = useRef<HTMLVideoElement>(null);
  const { phase, quality, look, window, live } = useLive(video, stream);
  const media = useMedia();
  const isSilent = useMediaSelector((state) => state.mediaMuted) ?? false;
  const isPaused = useMediaSelector((state) => state.mediaPaused) ?? true;
  useMediaElement(video);

  const seek = (behind: number) => live()?.seek((look.edge ?? Date.now()) + behind * 1000);
  const moves = {
    hasSpeeds: false,
    seekBy(seconds: number) {
      const at = live()?.look().at;
      if (at) live()?.seek(at + seconds * 1000);
    },
    seekTo: (part: number) => seek(-window * (1 - part)),
  };
  const away = AWAY[stream.ingest.state];
  const said = phase.name === "refused" ? phase.words : (away ?? PHASES[phase.name]);
  return (
    <Stage
      title={stream.title}
      fit={fit}
      moves={moves}
      head={head}
      over={
        <>
          {said && (phase.name !== "playing" || away) && <Spinner words={said} />}
          {phase.name === "playing" && isPaused && (
            <BigButton
              name={words.play}
              icon={<Play aria-hidden fill="currentColor" />}
              onPress={media.togglePlay}
            />
          )}
          {phase.name === "playing" && isSilent && (
            <button
              type="button"
              onClick={media.toggleMute}
              className="absolute top-3 right-3 flex items-center gap-2 rounded-lg bg-white px-3 py-1.5 font-semibold text-black hover:bg-white/85"
            >
              <VolumeOff aria-hidden className="size-5" /> {words.unmute}
            </button>
          )}
        </>
      }
      bar={
        <LiveBar
          look={look}
          window={window}
          quality={quality}
          onQuality={(level) => live()?.choose(level)}
          onSeek={seek}
          onEdge={() => live()?.toEdge()}
        />
      }
    >
      <video
        ref={video}
        playsInline
        muted={isMuted}
        crossOrigin="anonymous"
        aria-label={stream.title}
        className="size-full"
      />
    </Stage>
  );
}
