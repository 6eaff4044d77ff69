import { type ReactNode, useId } from "react";
import { texts } from "../../lib/texts";
import { Button } from "../../ui/Button";
import { Failure, Loading } from "../../ui/States";
import { StreamCard } from "./StreamCard";
import { type StreamsQuery, useStreams } from "./useStreams";

type Props = {
  title: string;
  query: StreamsQuery;
  /** Shown when there is none; without it the whole part is left out. */
  empty?: ReactNode;
  /** Stands beside the heading. */
  actions?: ReactNode;
  /** Only the first page, without "Show more". */
  isShort?: boolean;
  /** All of one person: the cards do not say who. */
  hidesOwner?: boolean;
};

/** A part of a page: streams of one kind, kept fresh. */
export function StreamGrid({ title, query, empty, actions, isShort = false, hidesOwner = false }: Props) {
  const id = useId();
  const streams = useStreams(query);
  const { data, error, hasNextPage, isFetchingNextPage } = streams;
  if (data?.length === 0 && !empty) return null;
  return (
    <section aria-labelledby={id} className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h2 id={id} className="font-bold text-xl">
          {title}
        </h2>
        {actions}
      </div>
      {!data && !error && <Loading />}
      {!data && error && <Failure error={error} onRetry={() => streams.refetch()} />}
      {data?.length === 0 && empty}
      {data && data.length > 0 && (
        <ul className="grid grid-cols-[repeat(auto-fill,minmax(min(16rem,100%),1fr))] gap-x-4 gap-y-6">
          {data.map((stream) => (
            <li key={stream.id}>
              <StreamCard stream={stream} hidesOwner={hidesOwner} />
            </li>
          ))}
        </ul>
      )}
      {hasNextPage && !isShort && (
        <Button
          kind="plain"
          className="self-center"
          disabled={isFetchingNextPage}
          onClick={() => streams.fetchNextPage()}
        >
          {texts.common.showMore}
        </Button>
      )}
      {data && streams.isFetchNextPageError && error && (
        <p role="alert" className="text-center text-bad">
          {error.message}
        </p>
      )}
    </section>
  );
}
