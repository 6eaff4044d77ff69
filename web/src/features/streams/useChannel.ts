import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api, type Channel } from "../../api/client";
import { type ApiError, answerOf, dataOf } from "../../api/query";
import { useSession } from "../../lib/session";

/** A channel beside its version, for `If-Match`. */
export type Known = { channel: Channel; etag: string };

/** The own channel; null before there is one. `keep` has the newest stored where every part of the page sees it. */
export function useOwnChannel() {
  const userId = useSession()?.userId;
  const client = useQueryClient();
  const key = ["channel", userId ?? null];
  const query = useQuery<Known | null, ApiError>({
    queryKey: key,
    queryFn: async ({ signal }) => {
      const { items } = await dataOf(api.GET("/api/v1/users/me/channels", { signal }));
      return items[0] ? readChannel(items[0].id, signal) : null;
    },
    enabled: userId !== undefined,
  });
  return { ...query, keep: (known: Known) => client.setQueryData(key, known) };
}

export async function readChannel(channelId: string, signal?: AbortSignal): Promise<Known> {
  const params = { path: { channelId } };
  return knownOf(answerOf(api.GET("/api/v1/channels/{channelId}", { params, ...(signal && { signal }) })));
}

export async function knownOf(answer: Promise<{ data: Channel; response: Response }>): Promise<Known> {
  const { data, response } = await answer;
  return { channel: data, etag: response.headers.get("ETag") ?? "*" };
}
