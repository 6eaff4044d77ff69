import { texts } from "../lib/texts";

const LOOKS: Record<string, string> = {
  LIVE: "bg-live text-white border-transparent",
  FAILED: "text-bad border-current",
};

/** The status of a stream or a video, in one word. */
export function StatusBadge({ status }: { status: string }) {
  const word = texts.common.status[status as keyof typeof texts.common.status] ?? status;
  return (
    <span
      className={`rounded-full border px-2 font-semibold text-sm ${LOOKS[status] ?? "border-line text-quiet"}`}
    >
      {word}
    </span>
  );
}
