// Times as they stand beside messages.
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const WHOLE = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "medium" });

/** Hours and minutes; with the day when it is not today. */
export function clockOf(timestamp: string, now = new Date()): string {
  const at = new Date(timestamp);
  const isToday = at.toDateString() === now.toDateString();
  return isToday ? CLOCK.format(at) : `${DAY.format(at)}, ${CLOCK.format(at)}`;
}

/** All of it. */
export function wholeTimeOf(timestamp: string): string {
  return WHOLE.format(new Date(timestamp));
}
