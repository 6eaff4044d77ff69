import type { KeyboardEvent, ReactNode } from "react";
import { texts } from "../../lib/texts";
import type { useRovingRows } from "./useRovingRows";
import type { useSticky } from "./useSticky";

type Props = {
  list: ReturnType<typeof useSticky>;
  rows: ReturnType<typeof useRovingRows>;
  /** How many rows there are. */
  total: number;
  /** Above the first row. */
  head: ReactNode;
  /** Whether older rows are on their way. */
  isBusy?: boolean;
  onScroll: () => void;
  onKeyDown: (event: KeyboardEvent<HTMLElement>) => void;
  /** What a row is called. */
  labelOf: (index: number) => string | undefined;
  /** What a row shows. */
  children: (index: number) => ReactNode;
};

/** Rows of messages, oldest first, in a box that is scrolled; only what is seen is in the page. */
export function Feed({
  list: { virtualizer, scroller },
  rows,
  total,
  head,
  isBusy = false,
  onScroll,
  onKeyDown,
  labelOf,
  children,
}: Props) {
  return (
    <div
      ref={scroller}
      onScroll={onScroll}
      data-testid="chat-scroller"
      className="h-full overflow-y-auto overscroll-contain [overflow-anchor:none]"
    >
      <div className="relative w-full" style={{ height: virtualizer.getTotalSize() }}>
        <div className="flex h-11 items-center justify-center gap-2 px-3 text-quiet text-sm">{head}</div>
        <div
          role="feed"
          onKeyDown={onKeyDown}
          onBlur={rows.onBlur}
          aria-label={texts.chat.messages}
          aria-busy={isBusy}
        >
          {virtualizer.getVirtualItems().map(({ index, key, start }) => (
            <article
              key={key}
              ref={virtualizer.measureElement}
              data-index={index}
              aria-posinset={index + 1}
              aria-setsize={total}
              aria-label={labelOf(index)}
              tabIndex={rows.tabIndexOf(index)}
              onFocus={() => rows.onFocus(index)}
              className="group absolute top-0 left-0 flex w-full items-start gap-1 px-3 py-0.5 hover:bg-raised focus-visible:-outline-offset-2"
              style={{ transform: `translateY(${start}px)` }}
            >
              {children(index)}
            </article>
          ))}
        </div>
      </div>
    </div>
  );
}
