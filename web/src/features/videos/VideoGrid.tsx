import { type ReactNode, useId } from "react";
import { texts } from "../../lib/texts";
import { Button } from "../../ui/Button";
import { Failure, Loading } from "../../ui/States";
import { useVideos, type VideoQuery } from "./useVideos";
import { type Level, VideoCard } from "./VideoCard";

type Props = {
  title: string;
  /** Of the title; the cards' are one below. 2 when absent. */
  level?: 2 | 3;
  query: VideoQuery;
  /** Stands there when there is no video; without it the whole section is left out then. */
  empty?: ReactNode;
  /** Stands beside the title. */
  actions?: ReactNode;
  /** Only the first page, without "Show more". */
  isShort?: boolean;
};

/** Videos of one kind under a heading, newest first. */
export function VideoGrid({ title, level = 2, query, empty, actions, isShort = false }: Props) {
  const id = useId();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage, isFetchNextPageError } =
    useVideos(query);
  const Heading = `h${level}` as const;
  const videos = data?.pages.flatMap(({ items }) => items);
  if (videos?.length === 0 && !empty) return null;
  return (
    <section aria-labelledby={id} className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <Heading id={id} className="font-bold text-xl">
          {title}
        </Heading>
        {actions}
      </div>
      {!videos && (error ? <Failure error={error} onRetry={() => refetch()} /> : <Loading />)}
      {videos?.length === 0 && empty}
      {videos && videos.length > 0 && (
        <ul className="grid grid-cols-[repeat(auto-fill,minmax(min(16rem,100%),1fr))] gap-x-4 gap-y-6">
          {videos.map((video) => (
            <li key={video.id}>
              <VideoCard video={video} level={(level + 1) as Level} />
            </li>
          ))}
        </ul>
      )}
      {isFetchNextPageError && <Failure error={error} onRetry={() => fetchNextPage()} />}
      {hasNextPage && !isShort && !isFetchNextPageError && (
        <Button
          kind="plain"
          className="self-center"
          disabled={isFetchingNextPage}
          onClick={() => fetchNextPage()}
        >
          {isFetchingNextPage ? texts.videos.morePending : texts.common.showMore}
        </Button>
      )}
    </section>
  );
}
