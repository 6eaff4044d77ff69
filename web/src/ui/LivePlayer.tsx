import { useEffect, useRef, useState } from "react";
import { type Live, type Phase, watchLive } from "./live";

type Props = {
  address: () => Promise<string>;
  isLowLatency: boolean;
  title: string;
  /** What is known from elsewhere: said above the picture. */
  notice?: string | undefined;
};

const WORDS: Record<string, string> = {
  loading: "Loading ...",
  reconnecting: "Reconnecting ...",
};

/** Milliseconds between two looks at the latency. */
const LOOK = 1000;
/** Seconds more than it should be before going to the edge is offered. */
const BEHIND = 4;

/** Plays a live stream at its edge. `address` must stay the same function as long as the stream does. */
export default function LivePlayer({ address, isLowLatency, title, notice }: Props) {
  const video = useRef<HTMLVideoElement>(null);
  const live = useRef<Live>(undefined);
  const [phase, setPhase] = useState<Phase>({ name: "loading" });
  const [latency, setLatency] = useState<number>();
  const [isBehind, setIsBehind] = useState(false);
  const [isMuted, setIsMuted] = useState(false);

  useEffect(() => {
    const element = video.current;
    if (!element) return;
    const watched = watchLive({ video: element, address, isLowLatency, tell: setPhase });
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
  }, [address, isLowLatency]);

  const words = phase.name === "refused" ? phase.words : (notice ?? WORDS[phase.name]);
  return (
    <div className="stack">
      <div className="player">
        {/* biome-ignore lint/a11y/useMediaCaption: captions are not there yet */}
        <video
          ref={video}
          controls
          playsInline
          crossOrigin="anonymous"
          aria-label={title}
          onVolumeChange={(event) => setIsMuted(event.currentTarget.muted)}
        />
        <p className="over-picture" role="status">
          {words}
        </p>
      </div>
      <div className="row">
        {phase.name === "playing" && (
          <button type="button" disabled={!isBehind} onClick={() => live.current?.toEdge()}>
            {isBehind ? "Go to live" : "At the live edge"}
          </button>
        )}
        {isMuted && (
          <button
            type="button"
            onClick={() => {
              if (video.current) video.current.muted = false;
            }}
          >
            Unmute
          </button>
        )}
        {phase.name === "playing" && latency !== undefined && (
          <span className="quiet" title="From the server that takes the stream to this screen">
            {latency.toFixed(1)} s behind
          </span>
        )}
      </div>
    </div>
  );
}
