/** Milliseconds over which the speed is taken. */
const WINDOW = 8_000;
/** Milliseconds before a speed is worth showing. */
const SETTLE = 1_000;

/** How fast bytes go, over the last seconds. */
export class Meter {
  private seen: { at: number; bytes: number }[] = [];

  /** Notes that `bytes` have gone in all at `at` (milliseconds), and answers bytes a second; null when it is too early. */
  note(at: number, bytes: number): number | null {
    this.seen.push({ at, bytes });
    while (this.seen.length > 2 && (this.seen[1]?.at ?? at) <= at - WINDOW) this.seen.shift();
    const first = this.seen[0];
    if (!first || at - first.at < SETTLE) return null;
    return Math.max(0, ((bytes - first.bytes) * 1000) / (at - first.at));
  }
}
