import type { Virtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type RefObject, useLayoutEffect, useRef, useState } from "react";

type Rows = Virtualizer<HTMLDivElement, Element>;

/** One stop of the tabulator for all rows of a virtual list; arrows, Home and End go on from there. */
export function useRovingRows(
  virtualizer: Rows,
  keys: readonly string[],
  pinned: RefObject<string | undefined>,
) {
  const [active, setActive] = useState<{ key: string; index: number }>();
  const wanted = useRef<string>(undefined);
  // An element that is taken away loses the focus without a word.
  const isInside = useRef(false);
  const shown = virtualizer.getVirtualItems();
  const isShown = shown.some(({ key }) => key === active?.key);
  // Whoever comes by the tabulator begins with the newest.
  const stop = isShown ? active?.key : shown.at(-1)?.key;
  useLayoutEffect(() => {
    pinned.current = active?.key;
  }, [pinned, active]);

  // Who was at a message that is gone goes on at the next.
  useLayoutEffect(() => {
    if (!active || keys.includes(active.key)) return;
    if (isInside.current) goTo(Math.min(active.index, keys.length - 1));
    else setActive(undefined);
  });

  // A row that is far away is there only once it has been scrolled to.
  useLayoutEffect(() => {
    if (wanted.current === undefined) return;
    const item = shown.find(({ key }) => key === wanted.current);
    const row = item && virtualizer.elementsCache.get(item.key);
    if (!(row instanceof HTMLElement)) return;
    wanted.current = undefined;
    row.focus({ preventScroll: true });
  });

  function goTo(index: number) {
    const key = keys[index];
    if (key === undefined) return;
    wanted.current = key;
    setActive({ key, index });
    virtualizer.scrollToIndex(index, { align: "auto" });
  }

  return {
    tabIndexOf: (index: number): 0 | -1 => (keys[index] === stop ? 0 : -1),
    onBlur() {
      isInside.current = false;
    },
    onFocus(index: number) {
      isInside.current = true;
      const key = keys[index];
      if (key !== undefined && key !== active?.key) setActive({ key, index });
    },
    /** Moves; answers the row that is to be opened, if that was meant. */
    onKeyDown(event: KeyboardEvent<HTMLElement>): { index: number; element: HTMLElement } | undefined {
      const element = event.target as HTMLElement;
      const index = Number(element.dataset.index);
      // The keys of buttons in a row are theirs.
      if (element.dataset.index === undefined) return undefined;
      const targets: Record<string, number> = {
        ArrowUp: index - 1,
        ArrowDown: index + 1,
        Home: 0,
        End: keys.length - 1,
      };
      const target = targets[event.key];
      if (target === undefined && event.key !== "Enter" && event.key !== "ContextMenu") return undefined;
      event.preventDefault();
      if (target === undefined) return { index, element };
      goTo(target);
      return undefined;
    },
  };
}
