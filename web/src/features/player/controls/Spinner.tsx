import { LoaderCircle } from "lucide-react";

/** Something comes: a sign, and words for those who cannot see it turn. */
export function Spinner({ words }: { words: string }) {
  return (
    <div className="pointer-events-none absolute inset-0 grid place-items-center">
      <p role="status" className="flex flex-col items-center gap-2 rounded-xl bg-black/60 px-4 py-3">
        <LoaderCircle aria-hidden className="size-8 animate-spin" />
        <span>{words}</span>
      </p>
    </div>
  );
}
