import type { UseInfiniteQueryResult } from "@tanstack/react-query";
import { type ReactNode, useId } from "react";
import { texts } from "../lib/texts";
import { Button } from "./Button";
import { Failure, Loading } from "./States";

/** How a section of cards stands in its page. */
export type SectionProps = {
  title: string;
  /** Stands there when there is nothing; without it the whole section is left out then. */
  empty?: ReactNode;
  /** Stands beside the title. */
  actions?: ReactNode;
  /** Only the first page, without "Show more". */
  isShort?: boolean;
};

type Props<Item> = SectionProps & {
  /** What there is so far, page by page. */
  list: UseInfiniteQueryResult<Item[]>;
  /** The card of an item. */
  children: (item: Item) => ReactNode;
};

/** A section of a page: cards of one kind under a heading. */
export function CardGrid<Item extends { id: string }>({
  title,
  list,
  children,
  empty,
  actions,
  isShort = false,
}: Props<Item>) {
  const id = useId();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage, isFetchNextPageError } = list;
  if (data?.length === 0 && !empty) return null;
  return (
    <section aria-labelledby={id} className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h2 id={id} className="font-bold text-xl">
          {title}
        </h2>
        {actions}
      </div>
      {!data && (error ? <Failure error={error} onRetry={() => refetch()} /> : <Loading />)}
      {data?.length === 0 && empty}
      {data && data.length > 0 && (
        <ul className="grid grid-cols-[repeat(auto-fill,minmax(min(16rem,100%),1fr))] gap-x-4 gap-y-6">
          {data.map((item) => (
            <li key={item.id}>{children(item)}</li>
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
          {isFetchingNextPage ? texts.common.morePending : texts.common.showMore}
        </Button>
      )}
    </section>
  );
}
