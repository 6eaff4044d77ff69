// @vitest-environment node
import { expect, test } from "vitest";
import { Meter } from "./meter";

test("a speed is not shown before it is worth it", () => {
  const meter = new Meter();
  expect(meter.note(0, 0)).toBeNull();
  expect(meter.note(500, 100)).toBeNull();
  expect(meter.note(1_000, 200)).toBe(200);
});

test("the speed follows the last seconds", () => {
  const meter = new Meter();
  for (let second = 0; second <= 10; second++) meter.note(second * 1000, second * 1000);
  let rate: number | null = null;
  for (let second = 11; second <= 30; second++) rate = meter.note(second * 1000, 10_000 + (second - 10) * 50);
  expect(rate).toBe(50);
});

test("a connection that stands still has the speed 0, and never less", () => {
  const meter = new Meter();
  meter.note(0, 500);
  expect(meter.note(2_000, 500)).toBe(0);
  expect(meter.note(4_000, 300)).toBe(0);
});
