import { useQuery } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useMemo, useState } from "react";
import { formatDuration } from "../../lib/format";
import { texts } from "../../lib/texts";
import { Failure, Loading } from "../../ui/States";
import { Feed } from "./Feed";
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
  /** Where the video is, in seconds; infinity at its end. */
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
  const list = useSticky(keys);
  const rows = useRovingRows(list.virtualizer, keys, list.pinned);

  function scrolled() {
    const isNearBegin = (list.scroller.current?.scrollTop ?? 0) < NEAR_BEGIN;
    if (list.onScroll()) setFloor(undefined);
    else setFloor(isNearBegin ? Math.max(begin - SHOWN, 0) : begin);
  }

  function follow() {
    setFloor(undefined);
    list.toEnd();
  }

  function row(index: number) {
    const line = said[index];
    return line && <MessageRow {...line} time={momentOf(line)} />;
  }

  function labelOf(index: number) {
    const line = said[index];
    return line && `${line.username}, ${momentOf(line)}`;
  }

  return (
    <div className="relative min-h-0 flex-1">
      <Feed
        list={list}
        rows={rows}
        total={count}
        head={begin === 0 && (count ? chat.begin : chat.replayEmpty)}
        onScroll={scrolled}
        onKeyDown={rows.onKeyDown}
        labelOf={labelOf}
      >
        {row}
      </Feed>
      {!list.isAtEnd && <ToEnd onPress={follow}>{chat.toNewest}</ToEnd>}
    </div>
  );
}

/** Where in the video `line` is. */
function momentOf({ at }: Line): string {
  return formatDuration(at - (at % 1000));
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
