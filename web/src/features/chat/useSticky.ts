import { defaultRangeExtractor, type Range, useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

/** This near to the end, in pixels, is at the end. */
const NEAR = 48;
/** Space above the first row: what is said of older ones. */
const HEAD = 44;
/** Height of a row before it is measured. */
const ROW = 27;

/**
 * A virtual list that stays at its end while its reader is there, and keeps its place while they are not: whatever comes
 * below, and whatever is loaded above. The row that `pinned` names stays in the page, seen or not: it may have the focus.
 */
export function useSticky(keys: readonly string[]) {
  const scroller = useRef<HTMLDivElement>(null);
  const [isAtEnd, setIsAtEnd] = useState(true);
  const isFollowing = useRef(true);
  const lastTop = useRef(0);
  const pinned = useRef<string>(undefined);
  const virtualizer = useVirtualizer({
    count: keys.length,
    getScrollElement: () => scroller.current,
    getItemKey: useCallback((index: number) => keys[index] ?? index, [keys]),
    estimateSize: () => ROW,
    overscan: 8,
    rangeExtractor: useCallback(
      (range: Range) => {
        const shown = defaultRangeExtractor(range);
        const index = pinned.current === undefined ? -1 : keys.indexOf(pinned.current);
        return index < 0 || shown.includes(index) ? shown : [...shown, index].sort((a, b) => a - b);
      },
      [keys],
    ),
    paddingStart: HEAD,
    paddingEnd: 8,
    anchorTo: "end",
  });

  const follow = useCallback(() => {
    if (isFollowing.current) virtualizer.scrollToEnd();
  }, [virtualizer]);

  // Only its reader moves the list up: what grows below them does not. Answers whether they are at the end.
  const onScroll = useCallback(() => {
    const at = scroller.current;
    if (!at) return true;
    const isNear = at.scrollHeight - at.scrollTop - at.clientHeight <= NEAR;
    if (isNear) isFollowing.current = true;
    else if (at.scrollTop < lastTop.current) isFollowing.current = false;
    lastTop.current = at.scrollTop;
    setIsAtEnd(isFollowing.current);
    return isFollowing.current;
  }, []);

  const toEnd = useCallback(() => {
    isFollowing.current = true;
    setIsAtEnd(true);
    follow();
  }, [follow]);

  const height = virtualizer.getTotalSize();
  // biome-ignore lint/correctness/useExhaustiveDependencies: what changes the end
  useLayoutEffect(follow, [follow, keys, height]);

  // The list itself gets another height when a telephone's keyboard opens.
  useEffect(() => {
    if (!scroller.current) return;
    const observer = new ResizeObserver(follow);
    observer.observe(scroller.current);
    return () => observer.disconnect();
  }, [follow]);

  return { virtualizer, scroller, pinned, isAtEnd, onScroll, toEnd };
}
