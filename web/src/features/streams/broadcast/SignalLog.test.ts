import { expect, test, vi } from "vitest";
import { lineOf, meanBitrate, type Sample, SignalLog } from "./SignalLog";

const time = (second: number) => new Date(second * 1000).toISOString();
const sample = (second: number, more: Partial<Sample> = {}): Sample => ({
  at: time(second),
  periodMs: 2000,
  bitrateKbps: 1000 + second,
  fps: 30,
  width: 1280,
  height: 720,
  keyframeMs: 0,
  driftMs: 0,
  ...more,
});

test("measurements are kept once and in order, whatever order they come in", () => {
  const log = new SignalLog();
  log.add([sample(4), sample(2)]);
  log.add([sample(3), sample(2), sample(4)]);
  expect(log.samples().map(({ at }) => at)).toEqual([time(2), time(3), time(4)]);
  expect(log.latest()?.at).toBe(time(4));
});

test("a measurement that knows of key frames replaces one that does not", () => {
  const log = new SignalLog();
  log.add([sample(2)]);
  log.add([sample(2, { keyframeMs: 2000 })]);
  log.add([sample(2)]);
  expect(log.latest()?.keyframeMs).toBe(2000);
});

test("listeners hear of changes only", () => {
  const log = new SignalLog();
  const heard = vi.fn();
  const leave = log.subscribe(heard);
  log.add([sample(2)]);
  log.add([sample(2)]);
  log.add([]);
  expect(heard).toHaveBeenCalledTimes(1);
  leave();
  log.add([sample(4)]);
  expect(heard).toHaveBeenCalledTimes(1);
});

test("only ten minutes are kept", () => {
  const log = new SignalLog();
  log.add([sample(0), sample(100), sample(650)]);
  expect(log.samples()).toHaveLength(2);
});

test("a line breaks where nothing came", () => {
  const line = lineOf([sample(0), sample(2), sample(30), sample(32)], 1000, ({ bitrateKbps }) => bitrateKbps);
  expect(line).toEqual({ times: [2, 2.001, 30, 32], values: [1002, null, 1030, 1032] });
});

test("a line does not break where longer times are measured", () => {
  const long = [sample(0, { periodMs: 10_000 }), sample(10, { periodMs: 10_000 }), sample(32)];
  expect(lineOf(long, 0, ({ fps }) => fps).values).toEqual([30, 30, 30]);
});

test("the mean bitrate weighs each measurement by its time", () => {
  const samples = [sample(10, { periodMs: 10_000, bitrateKbps: 1000 }), sample(12, { bitrateKbps: 4000 })];
  expect(meanBitrate(samples, 0, 20_000)).toBe(1500);
  expect(meanBitrate(samples, 11_000, 20_000)).toBe(4000);
  expect(meanBitrate(samples, 20_000, 30_000)).toBeUndefined();
});
