import { type KeyboardEvent, useState } from "react";
import { texts } from "../../../lib/texts";
import { Preview } from "./Preview";
import type { Picture } from "./thumbnails";
import { useDrag } from "./useDrag";

type Props = {
  /** Seconds; below zero are seconds behind the edge. */
  min: number;
  max: number;
  value: number;
  buffered?: readonly [number, number][];
  pictures?: readonly Picture[] | undefined;
  /** A value as people read it, and as it is read to them. */
  format: (value: number) => string;
  speak: (value: number) => string;
  onSeek: (value: number) => void;
};

/** Seconds an arrow key moves. */
const STEP = 5;

/** Where the player is, and the way to somewhere else. */
export function SeekBar({ min, max, value, buffered = [], pictures, format, speak, onSeek }: Props) {
  const [hovered, setHovered] = useState<number>();
  const length = Math.max(max - min, 0.001);
  const partOf = (at: number) => Math.min(Math.max((at - min) / length, 0), 1);
  const { dragged, handlers } = useDrag({
    onMove: setHovered,
    onEnd: (part) => onSeek(min + part * length),
  });
  const shown = dragged ?? partOf(value);

  function press(event: KeyboardEvent) {
    const steps = { ArrowLeft: -STEP, ArrowDown: -STEP, ArrowRight: STEP, ArrowUp: STEP }[event.key];
    if (!steps) return;
    event.preventDefault();
    onSeek(Math.min(Math.max(value + steps, min), max));
  }

  return (
    <div
      {...handlers}
      className="group/seek relative mx-1.5 flex h-5 cursor-pointer touch-none items-center rounded has-focus-visible:outline-3 has-focus-visible:outline-white"
    >
      {hovered !== undefined && (
        <Preview at={min + hovered * length} part={hovered} pictures={pictures} format={format} />
      )}
      <div className="relative h-1 w-full overflow-hidden rounded-full bg-white/25 group-hover/seek:h-1.5">
        {buffered.map(([from, to]) => (
          <div
            key={from}
            className="absolute inset-y-0 bg-white/30"
            style={{ left: `${partOf(from) * 100}%`, right: `${(1 - partOf(to)) * 100}%` }}
          />
        ))}
        <div className="absolute inset-y-0 left-0 bg-white" style={{ width: `${shown * 100}%` }} />
      </div>
      <div
        className="absolute size-3.5 -translate-x-1/2 rounded-full bg-white shadow"
        style={{ left: `${shown * 100}%` }}
      />
      <input
        type="range"
        aria-label={texts.player.seek}
        aria-valuetext={speak(value)}
        min={min}
        max={max}
        step="any"
        value={Math.min(Math.max(value, min), max)}
        onChange={(event) => onSeek(Number(event.currentTarget.value))}
        onKeyDown={press}
        className="pointer-events-none absolute inset-0 opacity-0"
      />
    </div>
  );
}
