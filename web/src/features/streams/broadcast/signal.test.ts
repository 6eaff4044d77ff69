import { expect, test } from "vitest";
import { leftUntil, type Session, stepOf, stepsOf } from "./signal";

const session = (times: Partial<Session> = {}): Session => ({ id: "st-1", isRecorded: false, ...times });
const created = { state: "CREATED", status: "OFFLINE", autoStart: true };

test("a stream that starts by itself waits for its encoder, is connected, then live", () => {
  expect(stepOf(created, undefined)).toBe("signal");
  expect(stepOf(created, session())).toBe("connected");
  expect(stepOf({ ...created, state: "STARTING" }, session())).toBe("connected");
  expect(stepOf({ ...created, state: "RUNNING", status: "LIVE" }, undefined)).toBe("live");
  expect(stepsOf(created)).toEqual(["signal", "connected", "live"]);
});

test("a session that is over, or that had its picture, connects nothing", () => {
  expect(stepOf(created, session({ startedAt: "2026-01-01T00:00:00Z" }))).toBe("signal");
  expect(stepOf(created, session({ endedAt: "2026-01-01T00:00:00Z" }))).toBe("signal");
});

test("a stream that does not start by itself must be started first, whatever sends", () => {
  const manual = { ...created, autoStart: false };
  expect(stepOf(manual, session())).toBe("arm");
  expect(stepOf({ ...manual, state: "STARTING" }, undefined)).toBe("signal");
  expect(stepsOf(manual)[0]).toBe("arm");
});

test("an encoder that is gone leaves the stream at its last step", () => {
  expect(stepOf({ ...created, state: "RUNNING", status: "OFFLINE" }, undefined)).toBe("live");
  expect(stepOf({ ...created, state: "STOPPING", status: "ENDED" }, session())).toBe("over");
});

test("no time is left of what has passed", () => {
  const now = Date.parse("2026-01-01T00:00:10Z");
  expect(leftUntil("2026-01-01T00:00:12.500Z", now)).toBe(2500);
  expect(leftUntil("2026-01-01T00:00:00Z", now)).toBe(0);
  expect(leftUntil(null, now)).toBe(0);
});
