const WORDS: Record<string, string> = {
  SCHEDULED: "Scheduled",
  LIVE: "Live",
  OFFLINE: "Offline",
  ENDED: "Ended",
};

/** A stream's status in one word. */
export function Badge({ status }: { status: string }) {
  return <span className={status === "LIVE" ? "badge live" : "badge"}>{WORDS[status] ?? status}</span>;
}
