import { hueOf } from "../lib/hue";

/** The first letter of a name on the name's own colour. */
export function Avatar({ name, size = "size-8" }: { name: string; size?: string }) {
  return (
    <span
      aria-hidden
      className={`grid shrink-0 place-items-center rounded-full font-bold text-white uppercase ${size}`}
      style={{ backgroundColor: `oklch(0.48 0.13 ${hueOf(name)})` }}
    >
      {[...name][0]}
    </span>
  );
}
