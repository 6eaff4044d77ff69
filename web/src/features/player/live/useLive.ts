import { type RefObject, useCallback, useEffect, useRef, useState } from "react";
import type { Stream } from "../../../api/client";
import { type Live, type Look, type Phase, watchLive } from "../live";
import { playbackAddress } from "../playback";
import type { Quality } from "../quality";

/** Milliseconds between two looks at where the viewer is. */
const LOOK = 500;

/** Plays `stream` in `video`, and tells how that goes. */
export function useLive(video: RefObject<HTMLVideoElement | null>, stream: Stream) {
  const { id, playbackUrl, lowLatencyEnabled } = stream;
  const live = useRef<Live>(undefined);
  const [phase, setPhase] = useState<Phase>({ name: "loading" });
  const [quality, setQuality] = useState<Quality>();
  const [look, setLook] = useState<Look>(NOWHERE);
  const recording = useRef<string>(undefined);
  recording.current = (stream.dvrEnabled && stream.dvrUrl) || undefined;

  useEffect(() => {
    if (!video.current) return;
    const watched = watchLive({
      video: video.current,
      address: () => playbackAddress(id, playbackUrl),
      recording: () => recording.current,
      isLowLatency: lowLatencyEnabled,
      tell: setPhase,
      tellQuality: setQuality,
    });
    live.current = watched;
    const timer = setInterval(() => setLook(watched.look()), LOOK);
    return () => {
      clearInterval(timer);
      watched.stop();
    };
  }, [video, id, playbackUrl, lowLatencyEnabled]);

  const window = recording.current && look.edge ? windowOf(stream, look.edge) : 0;
  return { phase, quality, look, window, live: useCallback(() => live.current, []) };
}

const NOWHERE: Look = { at: undefined, edge: undefined, latency: undefined, isAtEdge: false };

/** Seconds one may go back: to where the encoder connected, and no farther than the owner allows. */
function windowOf({ ingest, dvrWindowInMinutes }: Stream, edge: number): number {
  const since = ingest.since ? (edge - Date.parse(ingest.since)) / 1000 : 0;
  return Math.max(Math.min(since, dvrWindowInMinutes * 60), 0);
}
