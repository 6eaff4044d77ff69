import { type PointerEvent, useState } from "react";

type Props = {
  /** Told where the pointer is, 0 to 1; undefined when it has gone. */
  onMove: (part: number | undefined) => void;
  onEnd: (part: number) => void;
};

/** Follows a finger or a mouse along a bar. */
export function useDrag({ onMove, onEnd }: Props) {
  const [dragged, setDragged] = useState<number>();

  function partOf(event: PointerEvent<HTMLElement>): number {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    return Math.min(Math.max((event.clientX - left) / width, 0), 1);
  }

  const handlers = {
    onPointerDown(event: PointerEvent<HTMLElement>) {
      if (event.button !== 0) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      setDragged(partOf(event));
      onMove(partOf(event));
    },
    onPointerMove(event: PointerEvent<HTMLElement>) {
      const part = partOf(event);
      onMove(part);
      if (dragged !== undefined) setDragged(part);
    },
    onPointerUp(event: PointerEvent<HTMLElement>) {
      if (dragged === undefined) return;
      setDragged(undefined);
      onEnd(partOf(event));
      if (event.pointerType === "touch") onMove(undefined);
    },
    onPointerCancel() {
      setDragged(undefined);
      onMove(undefined);
    },
    onPointerLeave() {
      if (dragged === undefined) onMove(undefined);
    },
  };
  return { dragged, handlers };
}
