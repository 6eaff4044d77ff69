// Times as people read them, in their own zone.

const UNITS = [
  ["year", 31_536_000_000],
  ["month", 2_592_000_000],
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
] as const;

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** "in 2 hours", "yesterday", "now": how far `date` is from `now`, in its largest unit. */
export function formatWhen(date: string, now = Date.now()): string {
  const far = Date.parse(date) - now;
  // From the middle of a unit on, the next one is nearer.
  const unit = UNITS.find(([, length]) => Math.abs(far) >= length * 0.95);
  return unit ? relative.format(Math.round(far / unit[1]), unit[0]) : relative.format(0, "second");
}

/** "Sat, 21 Nov, 20:00"; with the year when it is another one. */
export function formatMoment(date: string, now = new Date()): string {
  const at = new Date(date);
  const year = at.getFullYear() === now.getFullYear() ? {} : { year: "numeric" as const };
  return at.toLocaleString("en-GB", {
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    ...year,
  });
}

/** "November 2026". */
export function formatMonth(date: string): string {
  return new Date(date).toLocaleString("en-GB", { month: "long", year: "numeric" });
}

/** How long to wait, rounded up: "40 seconds", "3 minutes". */
export function formatWait(ms: number): string {
  const seconds = Math.max(Math.ceil(ms / 1000), 1);
  const [count, unit] = seconds < 90 ? [seconds, "second"] : [Math.ceil(seconds / 60), "minute"];
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

/** The zone that this device's times are in: "Europe/Berlin". */
export function zoneName(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** What `<input type="datetime-local">` shows for a moment. */
export function toLocalInput(date: string | Date): string {
  const at = new Date(date);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
