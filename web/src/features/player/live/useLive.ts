import { type RefObject, useCallback, useEffect, useRef, useState } from "react";
import type { Stream } from "../../../api/client";
import { type Live, type Look, type Phase, watchLive } from "../live";
import type { Recording } from "../liveSource";
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
  const recording = useRef<Recording>(undefined);
  recording.current = recordingOf(stream);

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

  const window = recording.current && look.edge ? windowOf(stream, recording.current, look.edge) : 0;
  return { phase, quality, look, window, live: useCallback(() => live.current, []) };
}

const NOWHERE: Look = { at: undefined, edge: undefined, latency: undefined, isAtEdge: false };

/** What may be gone back in: it begins when the encoder connected, or came back. */
function recordingOf({ dvrEnabled, dvrUrl, ingest }: Stream): Recording | undefined {
  return dvrEnabled && dvrUrl && ingest.since ? { url: dvrUrl, since: Date.parse(ingest.since) } : undefined;
}

/** Seconds one may go back, which are no more than the owner allows. */
function windowOf({ dvrWindowInMinutes }: Stream, { since }: Recording, edge: number): number {
  return Math.max(Math.min((edge - since) / 1000, dvrWindowInMinutes * 60), 0);
}
