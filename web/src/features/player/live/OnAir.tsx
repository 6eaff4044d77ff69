import { useCallback, useEffect, useRef, useState } from "react";
import type { Stream } from "../../../api/client";
import { texts } from "../../../lib/texts";
import { type Live, type Phase, watchLive } from "../live";
import { playbackAddress } from "../playback";

const words = texts.player;
/** Milliseconds between two looks at the latency. */
const LOOK = 1000;
/** Seconds more than it should be before going to the edge is offered. */
const BEHIND = 4;

const AWAY: Record<string, string> = { RECONNECTING: words.encoderAway, LOST: words.encoderLost };
const PHASES: Record<string, string> = { loading: words.loading, reconnecting: words.reconnecting };

/** Plays a stream at its edge. */
export function OnAir({ stream }: { stream: Stream }) {
  const { id, playbackUrl, lowLatencyEnabled } = stream;
  const video = useRef<HTMLVideoElement>(null);
  const live = useRef<Live>(undefined);
  const [phase, setPhase] = useState<Phase>({ name: "loading" });
  const [latency, setLatency] = useState<number>();
  const [isBehind, setIsBehind] = useState(false);
  const [isMuted, setIsMuted] = useState(false);
  const address = useCallback(() => playbackAddress(id, playbackUrl), [id, playbackUrl]);

  useEffect(() => {
    const element = video.current;
    if (!element) return;
    const watched = watchLive({ video: element, address, isLowLatency: lowLatencyEnabled, tell: setPhase });
    live.current = watched;
    const timer = setInterval(() => {
      const seconds = watched.latency();
      setLatency(seconds);
      setIsBehind(element.paused || (seconds ?? 0) > watched.target() + BEHIND);
    }, LOOK);
    return () => {
      clearInterval(timer);
      watched.stop();
    };
  }, [address, lowLatencyEnabled]);

  const said = phase.name === "refused" ? phase.words : (AWAY[stream.ingest.state] ?? PHASES[phase.name]);
  return (
    <div className="relative aspect-video w-full bg-black text-white">
      {/* biome-ignore lint/a11y/useMediaCaption: nobody captions what is live */}
      <video
        ref={video}
        controls
        playsInline
        crossOrigin="anonymous"
        aria-label={stream.title}
        className="size-full"
        onVolumeChange={(event) => setIsMuted(event.currentTarget.muted)}
      />
      <p role="status" className="absolute top-3 left-3 rounded bg-black/75 px-3 empty:hidden">
        {said}
      </p>
      <div className="absolute top-3 right-3 flex gap-3">
        {phase.name === "playing" && (
          <button type="button" disabled={!isBehind} onClick={() => live.current?.toEdge()}>
            {isBehind ? words.goToLive : words.live}
          </button>
        )}
        {isMuted && (
          <button
            type="button"
            onClick={() => {
              if (video.current) video.current.muted = false;
            }}
          >
            {words.unmute}
          </button>
        )}
        {phase.name === "playing" && latency !== undefined && (
          <span title={words.behindHint}>{words.behind(latency)}</span>
        )}
      </div>
    </div>
  );
}
