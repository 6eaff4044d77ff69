import { useInfiniteQuery } from "@tanstack/react-query";
import { api, type VideoCard } from "../../api/client";
import { dataOf } from "../../api/query";
import type { paths } from "../../api/schema";
import { useSession } from "../../lib/session";

type Asked = NonNullable<paths["/api/v1/videos"]["get"]["parameters"]["query"]>;
/** Which videos: of whom (`me` for one's own), in which state, how many at once. */
export type VideoQuery = Pick<Asked, "userId" | "status" | "limit">;

/** Milliseconds between two looks at a list in which something goes on. */
const INTERVAL = 2000;

/** Whether its state will change by itself. */
function isUnderWay({ status }: VideoCard): boolean {
  return status === "UPLOADING" || status === "PROCESSING";
}

/** A list of videos, newest first, page by page; fresh while one of them is still being made. */
export function useVideos(query: VideoQuery) {
  const userId = useSession()?.userId;
  return useInfiniteQuery({
    queryKey: ["videos", query, userId ?? null],
    queryFn: ({ pageParam, signal }) => {
      const cursor = pageParam ? { cursor: pageParam } : {};
      return dataOf(api.GET("/api/v1/videos", { params: { query: { ...query, ...cursor } }, signal }));
    },
    initialPageParam: "",
    getNextPageParam: ({ nextCursor }) => nextCursor,
    select: ({ pages }) => pages.flatMap(({ items }) => items),
    refetchInterval: ({ state }) =>
      state.data?.pages.some(({ items }) => items.some(isUnderWay)) ? INTERVAL : false,
  });
}
