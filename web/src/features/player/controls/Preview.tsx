import { nearest, type Picture } from "./thumbnails";

type Props = {
  at: number;
  /** Where on the bar, 0 to 1. */
  part: number;
  pictures: readonly Picture[] | undefined;
  format: (value: number) => string;
};

/** What one would get here: the time, and the nearest picture. */
export function Preview({ at, part, pictures, format }: Props) {
  const picture = pictures && nearest(pictures, at);
  const half = picture ? "5.25rem" : "2rem";
  return (
    <div
      aria-hidden
      className="pointer-events-none absolute bottom-6 flex -translate-x-1/2 flex-col items-center gap-1"
      style={{ left: `clamp(${half}, ${part * 100}%, calc(100% - ${half}))` }}
    >
      {picture && (
        <img
          src={picture.url}
          alt=""
          className="aspect-video w-40 rounded-lg border-2 border-white/80 bg-black object-cover"
        />
      )}
      <span className="rounded bg-black/85 px-1.5 text-sm tabular-nums">{format(at)}</span>
    </div>
  );
}
