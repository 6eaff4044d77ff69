import { useQuery } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useMemo, useState } from "react";
import { formatDuration } from "../../lib/format";
import { texts } from "../../lib/texts";
import { Failure, Loading } from "../../ui/States";
import { MessageRow } from "./MessageRow";
import { type Line, loadReplay, saidBy } from "./replay";
import { ToEnd } from "./ToEnd";
import { useRovingRows } from "./useRovingRows";
import { useSticky } from "./useSticky";

/** Milliseconds between two looks at the time. */
const LOOK = 250;
/** Messages in the list, until somebody goes up in it: then as many more. */
const SHOWN = 1_000;
/** This near to the beginning, in pixels. */
const NEAR_BEGIN = 300;
const chat = texts.chat;

type Props = {
  /** Where the replay is. */
  url: string;
  /** Where the video is, in seconds. */
  time: () => number;
};

/** The chat of a stream beside its recording: what had been said by the moment that is shown. */
export default function ChatReplay({ url, time }: Props) {
  const { data, error, refetch } = useQuery({
    queryKey: ["chat-replay", url],
    queryFn: ({ signal }) => loadReplay(url, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <section
      aria-label={chat.replay}
      className="flex h-[min(34rem,max(20rem,calc(100dvh-56.25vw-9rem)))] min-w-0 flex-col overflow-hidden rounded-xl border border-line bg-card lg:h-[min(44rem,calc(100dvh-7rem))]"
    >
      <h2 className="border-line border-b px-3 py-2.5 font-bold">{chat.replay}</h2>
      {error && <Failure error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading words={chat.replayLoading} />}
      {data && <Said lines={data} time={time} />}
    </section>
  );
}

function Said({ lines, time }: { lines: readonly Line[]; time: () => number }) {
  const count = useCount(lines, time);
  // Whoever reads older ones keeps them; the others need the last ones only.
  const [floor, setFloor] = useState<number>();
  const begin = Math.min(floor ?? Math.max(count - SHOWN, 0), count);
  const said = useMemo(() => lines.slice(begin, count), [lines, begin, count]);
  const keys = useMemo(() => said.map((_, index) => String(begin + index)), [said, begin]);
  const { virtualizer, scroller, pinned, isAtEnd, onScroll, toEnd } = useSticky(keys);
  const rows = useRovingRows(virtualizer, keys, pinned);

  function scrolled() {
    const isNearBegin = (scroller.current?.scrollTop ?? 0) < NEAR_BEGIN;
    if (onScroll()) setFloor(undefined);
    else setFloor(isNearBegin ? Math.max(begin - SHOWN, 0) : begin);
  }

  function follow() {
    setFloor(undefined);
    toEnd();
  }

  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={scroller}
        onScroll={scrolled}
        data-testid="chat-scroller"
        className="h-full overflow-y-auto overscroll-contain [overflow-anchor:none]"
      >
        <div className="relative w-full" style={{ height: virtualizer.getTotalSize() }}>
          <p className="flex h-11 items-center justify-center text-quiet text-sm">
            {begin === 0 && (count ? chat.begin : chat.replayEmpty)}
          </p>
          <div role="feed" onKeyDown={rows.onKeyDown} onBlur={rows.onBlur} aria-label={chat.messages}>
            {virtualizer.getVirtualItems().map(({ index, key, start }) => {
              const line = said[index];
              if (!line) return null;
              const { at, ...message } = line;
              const moment = formatDuration(at - (at % 1000));
              return (
                <article
                  key={key}
                  ref={virtualizer.measureElement}
                  data-index={index}
                  aria-posinset={index + 1}
                  aria-setsize={count}
                  aria-label={`${line.username}, ${moment}`}
                  tabIndex={rows.tabIndexOf(index)}
                  onFocus={() => rows.onFocus(index)}
                  className="absolute top-0 left-0 flex w-full px-3 py-0.5 focus-visible:-outline-offset-2"
                  style={{ transform: `translateY(${start}px)` }}
                >
                  <MessageRow {...message} time={moment} />
                </article>
              );
            })}
          </div>
        </div>
      </div>
      {!isAtEnd && <ToEnd onPress={follow}>{chat.toNewest}</ToEnd>}
    </div>
  );
}

/** How many lines have been said where the video is. */
function useCount(lines: readonly Line[], time: () => number): number {
  const [count, setCount] = useState(() => saidBy(lines, time() * 1000));
  const look = useEffectEvent(() => setCount(saidBy(lines, time() * 1000)));
  useEffect(() => {
    const timer = setInterval(look, LOOK);
    return () => clearInterval(timer);
  }, []);
  return count;
}
