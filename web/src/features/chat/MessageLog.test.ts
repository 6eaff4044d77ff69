import { expect, test } from "vitest";
import { type Message, MessageLog } from "./MessageLog";

function message(second: number, id = `msg_${String(second).padStart(6, "0")}`): Message {
  const timestamp = new Date(Date.UTC(2026, 10, 20) + second * 1000).toISOString();
  return { id, userId: "usr_1", username: "ann", content: `${second}`, roles: [], timestamp };
}

const contents = (log: MessageLog) => log.snapshot().map(({ content }) => content);

test("each message is held once, in the room's order, however it comes", () => {
  const log = new MessageLog();
  for (const second of [1, 3, 2, 3, 1, 5, 4]) log.add(message(second));
  expect(contents(log)).toEqual(["1", "2", "3", "4", "5"]);
  log.add(message(3, "msg_000002b"));
  expect(log.snapshot().map(({ id }) => id.slice(-3))).toEqual(["001", "002", "02b", "003", "004", "005"]);
});

test("older pages come before, without what is known", () => {
  const log = new MessageLog();
  log.add(message(5));
  expect(log.addOlder([message(3), message(4), message(5)])).toBe(2);
  expect(contents(log)).toEqual(["3", "4", "5"]);
  expect(log.oldest?.content).toBe("3");
});

test("what was held before stays in a snapshot", () => {
  const log = new MessageLog();
  log.add(message(1));
  const before = log.snapshot();
  expect(log.remove(message(1).id)).toBe(true);
  expect(log.remove(message(1).id)).toBe(false);
  expect(before).toHaveLength(1);
  expect(log.size).toBe(0);
});

test("the oldest go when there are too many, later while somebody reads them, and can come back", () => {
  const log = new MessageLog();
  for (let second = 0; second < 2_500; second++) log.add(message(second));
  expect(log.trim(true)).toBe(false);
  expect(log.trim(false)).toBe(true);
  expect(log.size).toBe(2_000);
  expect(log.oldest?.content).toBe("500");
  expect(log.addOlder([message(499)])).toBe(1);
});

test("what was deleted during a cut is found by what the history has not", () => {
  const log = new MessageLog();
  for (const second of [1, 2, 3, 4, 5]) log.add(message(second));
  const before = log.ids();
  // This one came while the history was read.
  log.add(message(3, "msg_000003x"));
  expect(log.settle([message(2), message(5), message(6)], before)).toBe(true);
  expect(contents(log)).toEqual(["1", "2", "3", "5"]);
  expect(log.settle([], before)).toBe(false);
  expect(log.size).toBe(4);
});
