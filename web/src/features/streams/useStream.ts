import { useCallback, useEffect, useState } from "react";
import { api, type Stream } from "../../api/client";
import { poll } from "../../lib/poll";

/** Milliseconds between two looks: by who waits for something to happen, and by everybody else. */
const [SOON, LATER] = [1000, 2000];

type Looked = { stream: Stream | undefined; isMissing: boolean; show: (stream: Stream) => void };

/** A stream, kept fresh until nothing more can happen to it. `show` takes what a command has answered. */
export function useStream(id: string): Looked {
  const [stream, setStream] = useState<Stream>();
  const [isMissing, setIsMissing] = useState(false);

  useEffect(() => {
    let known: { tag: string | null; pause: number | null } = { tag: null, pause: SOON };
    return poll(async (signal) => {
      const { data, response } = await api
        .GET("/api/v1/streams/{streamId}", {
          params: { path: { streamId: id } },
          headers: known.tag ? { "If-None-Match": known.tag } : {},
          signal,
        })
        // The connection broke: look again.
        .catch(() => ({ data: undefined, response: undefined }));
      if (signal.aborted) return null;
      if (response?.status === 404) {
        setIsMissing(true);
        return null;
      }
      if (data) {
        known = { tag: response?.headers.get("ETag") ?? null, pause: pauseAfter(data) };
        setStream(data);
      }
      return known.pause;
    });
  }, [id]);

  const show = useCallback((stream: Stream) => setStream(stream), []);
  return { stream, isMissing, show };
}

function pauseAfter(stream: Stream): number | null {
  if (stream.state === "STOPPING" || stream.state === "ARCHIVING") return SOON;
  if (stream.status === "ENDED") {
    // Its recording is still to become a video.
    const isComing = stream.state === "STOPPED" && stream.recordingEnabled && !stream.videoId;
    return isComing ? LATER : null;
  }
  return stream.isOwner && stream.status !== "LIVE" ? SOON : LATER;
}
