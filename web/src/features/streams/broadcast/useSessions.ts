// The connections of encoders to a channel.
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, type Channel, type Stream } from "../../../api/client";
import { type ApiError, dataOf } from "../../../api/query";
import type { components } from "../../../api/schema";

type SessionPage = components["schemas"]["SessionPage"];
export type HistoryEntry = components["schemas"]["HistoryEntry"];

/** Milliseconds between two looks: while an encoder is awaited, and while one may come or go. */
const [SOON, LATER] = [1_500, 5_000];
const PAGE = 10;

/** Whether a stream still has its encoder before it. */
export function isAwaited({ state }: Pick<Stream, "state">): boolean {
  return state === "CREATED" || state === "STARTING";
}

/** The sessions of a stream's channel, the newest first. */
export function useSessions(stream: Stream) {
  const { channelId, updatedAt } = stream;
  const client = useQueryClient();
  // A stream changes when its encoder comes or goes, and once more when its recordings are complete.
  // biome-ignore lint/correctness/useExhaustiveDependencies: looked at again after each change
  useEffect(() => {
    void client.invalidateQueries({ queryKey: ["sessions", channelId] });
  }, [client, channelId, updatedAt]);
  return useInfiniteQuery({
    queryKey: ["sessions", channelId],
    queryFn: ({ pageParam, signal }) => {
      const query = pageParam ? { limit: PAGE, cursor: pageParam } : { limit: PAGE };
      const params = { path: { channelId }, query };
      return dataOf<SessionPage>(api.GET("/api/v1/channels/{channelId}/sessions", { params, signal }));
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    refetchInterval: isAwaited(stream) ? SOON : stream.status === "ENDED" ? false : LATER,
  });
}

/** The channel of a stream, while something else may have it. */
export function useChannel(stream: Stream) {
  const { channelId } = stream;
  return useQuery<Channel, ApiError>({
    queryKey: ["channel-on-air", channelId],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/channels/{channelId}", { params: { path: { channelId } }, signal })),
    enabled: isAwaited(stream),
    refetchInterval: LATER,
  });
}

/** What has happened to a stream, in order. */
export function useEvents(stream: Stream) {
  return useQuery<HistoryEntry[], ApiError>({
    // A stream that has changed has another event.
    queryKey: ["stream-events", stream.id, stream.updatedAt],
    queryFn: async ({ signal }) => {
      const params = { path: { streamId: stream.id } };
      return (await dataOf(api.GET("/api/v1/streams/{streamId}/events", { params, signal }))).items;
    },
    placeholderData: (before) => before,
  });
}
