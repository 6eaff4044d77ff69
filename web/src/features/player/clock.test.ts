import { expect, test } from "vitest";
import { dateAt, positionOf } from "./clock";

const T = Date.parse("2026-01-01T12:00:00Z");
/** Two segments, a minute without an encoder, two more. */
const segments = [
  { start: 0, duration: 2, programDateTime: T },
  { start: 2, duration: 2, programDateTime: T + 2_000 },
  { start: 4, duration: 2, programDateTime: T + 64_000 },
  { start: 6, duration: 2, programDateTime: T + 66_000 },
];

test("a position has the date its segment says", () => {
  expect([0, 3, 4.5, 8].map((at) => dateAt(segments, at))).toEqual([T, T + 3_000, T + 64_500, T + 68_000]);
  expect([-1, 20].map((at) => dateAt(segments, at))).toEqual([undefined, undefined]);
  expect(dateAt([{ start: 0, duration: 2, programDateTime: null }], 1)).toBeUndefined();
});

test("a date is found again, and one in a gap is where the encoder came back", () => {
  expect([T, T + 3_000, T + 65_000].map((date) => positionOf(segments, date))).toEqual([0, 3, 5]);
  expect(positionOf(segments, T + 30_000)).toBe(4);
});

test("a date outside is moved to the nearest segment", () => {
  expect([T - 5_000, T + 600_000].map((date) => positionOf(segments, date))).toEqual([0, 6]);
  expect(positionOf([], T)).toBeUndefined();
});
