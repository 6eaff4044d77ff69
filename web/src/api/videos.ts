// A video as every part of the app sees it.
import { useQuery } from "@tanstack/react-query";
import { useSession } from "../lib/session";
import { api, type Video } from "./client";
import { type ApiError, answerOf } from "./query";

/** Milliseconds between two looks at a video that is not at its end. */
const INTERVAL = 1000;

/** A video beside its version, for `If-Match`. */
export type Known = { video: Video; etag: string };

/** The key of a video in the query cache; what may be seen depends on who looks. */
export function videoKey(id: string, userId: string | undefined) {
  return ["video", id, userId ?? null] as const;
}

/** A video, kept fresh until it is READY or FAILED. */
export function useVideo(id: string) {
  const userId = useSession()?.userId;
  return useQuery<Known, ApiError>({
    queryKey: videoKey(id, userId),
    queryFn: async ({ signal }) => {
      const path = { videoId: id };
      const { data, response } = await answerOf(
        api.GET("/api/v1/videos/{videoId}", { params: { path }, signal }),
      );
      return { video: data, etag: response.headers.get("ETag") ?? "*" };
    },
    refetchInterval: ({ state }) => {
      const status = state.data?.video.status;
      return status === "UPLOADING" || status === "PROCESSING" ? INTERVAL : false;
    },
  });
}
