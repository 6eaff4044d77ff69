// A stream as every part of the app sees it.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { useSession } from "../lib/session";
import { api, type Stream } from "./client";
import { type ApiError, answerOf } from "./query";

/** Milliseconds between two looks: by who waits for something to happen, and by everybody else. */
const [SOON, LATER] = [1000, 4000];

/** A stream beside its version, for `If-Match`. */
export type Known = { stream: Stream; etag: string };

/** The key of a stream in the query cache; what may be seen depends on who looks. */
export function streamKey(id: string, userId: string | undefined) {
  return ["stream", id, userId ?? null] as const;
}

/** A stream, kept fresh until nothing more can happen to it. */
export function useStream(id: string) {
  const userId = useSession()?.userId;
  const client = useQueryClient();
  const key = streamKey(id, userId);
  return useQuery<Known, ApiError>({
    queryKey: key,
    queryFn: async ({ signal }) => {
      const known = client.getQueryData<Known>(key);
      const headers = known ? { "If-None-Match": known.etag } : {};
      const asked = api.GET("/api/v1/streams/{streamId}", {
        params: { path: { streamId: id } },
        headers,
        signal,
      });
      const { data, response } = await answerOf(asked);
      if (response.status === 304 && known) return known;
      return { stream: data, etag: response.headers.get("ETag") ?? "*" };
    },
    refetchInterval: ({ state }) => (state.data ? pauseAfter(state.data.stream) : LATER),
  });
}

function pauseAfter(stream: Stream): number | false {
  if (stream.state === "STOPPING" || stream.state === "ARCHIVING") return SOON;
  if (stream.status === "ENDED") {
    // Its recording is still to become a video.
    const isComing = stream.state === "STOPPED" && stream.recordingEnabled && !stream.videoId;
    return isComing ? LATER : false;
  }
  return stream.isOwner || stream.status !== "LIVE" ? SOON : LATER;
}

/** Has the stream looked at again now: somebody has said that it changed. */
export function useLookAgain(id: string): () => void {
  const client = useQueryClient();
  return useCallback(() => void client.invalidateQueries({ queryKey: ["stream", id] }), [client, id]);
}
