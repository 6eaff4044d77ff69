import { Play } from "lucide-react";
import { type ReactNode, useState } from "react";

type Props = {
  src: string | null | undefined;
  /** Lies over the picture's lower right corner: a duration. */
  corner?: ReactNode;
  /** Lies over its upper left corner: a status. */
  badge?: ReactNode;
  /** Stands in the place of a picture that is not there. */
  sign?: ReactNode;
};

/** A 16:9 picture, or a sign in its place. What it shows is said by the words beside it. */
export function Thumbnail({ src, corner, badge, sign }: Props) {
  const [broken, setBroken] = useState<string>();
  return (
    <span className="relative grid aspect-video place-items-center overflow-hidden rounded-xl bg-raised text-quiet">
      {src && src !== broken ? (
        // A live picture may be named a moment before it is there.
        <img
          src={src}
          alt=""
          loading="lazy"
          className="size-full object-cover"
          onError={() => setBroken(src)}
        />
      ) : (
        <span className="opacity-40 *:size-10">{sign ?? <Play aria-hidden />}</span>
      )}
      {badge && (
        <span className="absolute top-2 left-2 rounded-full bg-black/75 *:border-transparent *:text-white">
          {badge}
        </span>
      )}
      {corner && (
        <span className="absolute right-2 bottom-2 rounded bg-black/80 px-1.5 text-sm text-white tabular-nums">
          {corner}
        </span>
      )}
    </span>
  );
}
