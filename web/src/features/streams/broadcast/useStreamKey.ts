// The stream key: masked at all times, whole only for a minute when its owner asks.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api } from "../../../api/client";
import { type ApiError, dataOf } from "../../../api/query";

/** Seconds that a revealed key stays in the page. */
export const SHOWN_SECONDS = 60;

/** What may be seen of the key at any time. */
type Masked = { masked: string; ingestUrl: string };

const MASKED = "/api/v1/channels/{channelId}/stream-key";

/** The whole key beside the server, fetched anew each time: nothing keeps it. */
export async function revealKey(channelId: string): Promise<{ streamKey: string; ingestUrl: string }> {
  return dataOf(
    api.POST("/api/v1/channels/{channelId}/stream-key/reveal", { params: { path: { channelId } } }),
  );
}

/** The key of a channel as the page may show it. */
export function useStreamKey(channelId: string) {
  const client = useQueryClient();
  const [key, setKey] = useState<string>();
  const [secondsLeft, setSecondsLeft] = useState(0);
  const queryKey = ["stream-key", channelId];
  const masked = useQuery<Masked, ApiError>({
    queryKey,
    queryFn: ({ signal }) => dataOf(api.GET(MASKED, { params: { path: { channelId } }, signal })),
    staleTime: Number.POSITIVE_INFINITY,
  });

  function show(whole: string | undefined) {
    setKey(whole);
    setSecondsLeft(whole ? SHOWN_SECONDS : 0);
  }

  useEffect(() => {
    if (!key) return;
    const until = Date.now() + SHOWN_SECONDS * 1000;
    const timer = setInterval(() => {
      const left = Math.ceil((until - Date.now()) / 1000);
      setSecondsLeft(left);
      if (left <= 0) setKey(undefined);
    }, 1000);
    return () => clearInterval(timer);
  }, [key]);

  // It answers nothing, so that the mutation keeps nothing.
  const reveal = useMutation<void, ApiError>({
    mutationFn: async () => show((await revealKey(channelId)).streamKey),
  });
  const reset = useMutation<void, ApiError>({
    mutationFn: async () => {
      const path = { channelId };
      await dataOf(api.POST("/api/v1/channels/{channelId}/stream-key/reset", { params: { path } }));
    },
    onSuccess: () => {
      show(undefined);
      return client.invalidateQueries({ queryKey });
    },
  });

  return { masked, key, secondsLeft, reveal, reset, hide: () => show(undefined) };
}
