import { useInfiniteQuery } from "@tanstack/react-query";
import { api } from "../../api/client";
import { dataOf } from "../../api/query";
import type { paths } from "../../api/schema";
import { useSession } from "../../lib/session";

/** Milliseconds between two looks at a list. */
const INTERVAL = 10_000;

/** Which streams: by status, of whom, and how many at a time. */
export type StreamsQuery = Pick<
  NonNullable<paths["/api/v1/streams"]["get"]["parameters"]["query"]>,
  "status" | "userId" | "limit"
>;

/** A list of streams, page by page, kept fresh. What may be seen depends on who looks. */
export function useStreams(query: StreamsQuery) {
  const asker = useSession()?.userId ?? null;
  return useInfiniteQuery({
    queryKey: ["streams", query, asker] as const,
    queryFn: ({ pageParam: cursor, signal }) =>
      dataOf(
        api.GET("/api/v1/streams", { params: { query: { ...query, ...(cursor && { cursor }) } }, signal }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    select: ({ pages }) => pages.flatMap(({ items }) => items),
    refetchInterval: INTERVAL,
  });
}
