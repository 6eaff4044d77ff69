import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

/** This near to the end, in pixels, is at the end. */
const NEAR = 48;
/** Space above the first row: what is said of older ones. */
const HEAD = 44;
/** Height of a row before it is measured. */
const ROW = 27;

/**
 * A virtual list that stays at its end while its reader is there, and keeps its place while they are not: whatever comes
 * below, and whatever is loaded above.
 */
export function useSticky(keys: readonly string[]) {
  const scroller = useRef<HTMLDivElement>(null);
  const [isAtEnd, setIsAtEnd] = useState(true);
  const isFollowing = useRef(true);
  const lastTop = useRef(0);
  const virtualizer = useVirtualizer({
    count: keys.length,
    getScrollElement: () => scroller.current,
    getItemKey: useCallback((index: number) => keys[index] ?? index, [keys]),
    estimateSize: () => ROW,
    overscan: 8,
    paddingStart: HEAD,
    paddingEnd: 8,
    anchorTo: "end",
  });

  const follow = useCallback(() => {
    if (isFollowing.current) virtualizer.scrollToEnd();
  }, [virtualizer]);

  // Only its reader moves the list up: what grows below them does not.
  const onScroll = useCallback(() => {
    const at = scroller.current;
    if (!at) return;
    const isNear = at.scrollHeight - at.scrollTop - at.clientHeight <= NEAR;
    if (isNear) isFollowing.current = true;
    else if (at.scrollTop < lastTop.current) isFollowing.current = false;
    lastTop.current = at.scrollTop;
    setIsAtEnd(isFollowing.current);
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

  return { virtualizer, scroller, isAtEnd, onScroll, toEnd };
}
