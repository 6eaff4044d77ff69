import { expect, test } from "vitest";
import { texts } from "../../../lib/texts";
import { endOf, sentenceOf } from "./history";
import type { Session } from "./signal";
import type { HistoryEntry } from "./useSessions";

const { history: words } = texts.broadcast;
const stream = { id: "str_1" };
const at = (second: number) => new Date(second * 1000).toISOString();
const session = (more: Partial<Session> = {}): Session => ({
  id: "st-1",
  streamId: "str_1",
  isRecorded: false,
  startedAt: at(0),
  endedAt: at(60),
  ...more,
});
const entry = (name: string, data: Record<string, unknown> = {}): HistoryEntry =>
  ({ id: "evt_1", name, at: at(60), version: 1, data }) as HistoryEntry;
const dropped = entry("EncoderDropped", { ingestId: "st-1", since: at(60) });

test("a session that is not over says what it does", () => {
  expect(endOf(session({ endedAt: null }), stream, [])).toBe(words.isOn);
  expect(endOf(session({ endedAt: null, startedAt: null }), stream, [])).toBe(words.isConnecting);
  expect(endOf(session({ startedAt: null }), stream, [])).toBe(words.noPicture);
});

test("what went wrong comes first", () => {
  expect(endOf(session({ trouble: "The encoder sent too much." }), stream, [dropped])).toBe(
    "The encoder sent too much.",
  );
});

test("a cut says how long it took to come back", () => {
  const back = entry("EncoderConnected", { ingestId: "st-2", startedAt: at(83) });
  expect(endOf(session(), stream, [dropped, back])).toBe(words.isGoneFor("0:23"));
  expect(endOf(session(), stream, [back, dropped])).toBe(words.isGone);
});

test("a session ends with its stream", () => {
  const stopped = (reason: string) => entry("StreamStopping", { reason });
  expect(endOf(session(), stream, [stopped("COMMAND")])).toBe(words.isStopped);
  expect(endOf(session(), stream, [stopped("MAX_DURATION")])).toBe(words.isTooLong);
  expect(endOf(session(), stream, [dropped, stopped("RECONNECT_WINDOW")])).toBe(words.isLost);
  expect(endOf(session(), stream, [dropped, stopped("COMMAND")])).toBe(words.isGone);
});

test("of another stream's session nothing more is known", () => {
  expect(
    endOf(session({ streamId: "str_2" }), stream, [entry("StreamStopping", { reason: "COMMAND" })]),
  ).toBe(words.isGone);
});

test("events are sentences, with their reasons where they have one", () => {
  expect(sentenceOf(entry("StreamStarted"))).toBe(words.events.StreamStarted);
  expect(sentenceOf(entry("StreamStopping", { reason: "NO_ENCODER" }))).toContain("No encoder came");
  expect(sentenceOf(entry("EncoderFailed", { reason: "Too large." }))).toContain("Too large.");
  expect(sentenceOf(entry("StreamFolded"))).toBeUndefined();
  expect(sentenceOf(entry("StreamStarted", { reason: 5 }))).toBe(words.events.StreamStarted);
});
