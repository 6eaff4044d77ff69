import { expect, test } from "vitest";
import { formatWait, formatWhen, toLocalInput } from "./time";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const at = (ms: number) => new Date(NOW + ms).toISOString();

test.each([
  [0, "now"],
  [-20_000, "now"],
  [-90_000, "1 minute ago"],
  [58 * 60_000, "in 1 hour"],
  [2 * 3_600_000, "in 2 hours"],
  [-23.5 * 3_600_000, "yesterday"],
  [3 * 86_400_000, "in 3 days"],
  [-400 * 86_400_000, "last year"],
])("%d ms away reads as %s", (far, words) => {
  expect(formatWhen(at(far), NOW)).toBe(words);
});

test("a wait is rounded up, so that nobody comes too early", () => {
  expect(formatWait(1)).toBe("1 second");
  expect(formatWait(40_100)).toBe("41 seconds");
  expect(formatWait(121_000)).toBe("3 minutes");
});

test("a moment goes through the field and comes back the same", () => {
  const moment = "2026-06-30T23:45:00.000Z";
  expect(new Date(toLocalInput(moment)).toISOString()).toBe(moment);
});
