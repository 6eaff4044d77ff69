import { ArrowDown } from "lucide-react";
import type { ReactNode } from "react";

/** Lies over a list that does not follow its end: what is there, and the way to it. */
export function ToEnd({ onPress, children }: { onPress: () => void; children: ReactNode }) {
  return (
    <button
      type="button"
      onClick={onPress}
      className="absolute bottom-2 left-1/2 flex -translate-x-1/2 items-center gap-1.5 whitespace-nowrap rounded-full bg-accent px-3 py-1 font-semibold text-on-accent text-sm shadow-lg"
    >
      {children}
      <ArrowDown aria-hidden className="size-4" />
    </button>
  );
}
