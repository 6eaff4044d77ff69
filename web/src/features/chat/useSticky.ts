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
  const virtualizer = useVirtualizer({
    count: keys.length,
    getScrollElement: () => scroller.current,
    getItemKey: useCallback((index: number) => keys[index] ?? index, [keys]),
    estimateSize: () => ROW,
    overscan: 8,
    paddingStart: HEAD,
    paddingEnd: 8,
    anchorTo: "end",
    followOnAppend: true,
    scrollEndThreshold: NEAR,
  });

  const onScroll = useCallback(() => {
    const at = scroller.current;
    if (!at) return;
    isFollowing.current = at.scrollHeight - at.scrollTop - at.clientHeight <= NEAR;
    setIsAtEnd(isFollowing.current);
  }, []);

  const toEnd = useCallback(() => {
    isFollowing.current = true;
    setIsAtEnd(true);
    virtualizer.scrollToEnd();
  }, [virtualizer]);

  // On entering, and when the list gets another height: a telephone's keyboard opens.
  useLayoutEffect(toEnd, [toEnd]);
  useEffect(() => {
    if (!scroller.current) return;
    const observer = new ResizeObserver(() => isFollowing.current && virtualizer.scrollToEnd());
    observer.observe(scroller.current);
    return () => observer.disconnect();
  }, [virtualizer]);

  return { virtualizer, scroller, isAtEnd, onScroll, toEnd };
}
