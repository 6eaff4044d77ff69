// A room is shown whole and once, whatever breaks or is left out.
import assert from "node:assert/strict";
import { test } from "node:test";
import { message, messages, World } from "./fakes.js";

/** A world that has joined, seen the messages, lost its connection and connected again. */
async function returned(...shown) {
  const world = new World();
  await world.join();
  for (const one of shown) await world.say(one);
  await world.cut();
  await world.back();
  return world;
}

test("after a cut HELLO names the last message seen, and the overlap is shown once", async () => {
  const world = await returned(message(1), message(3), message(2));
  assert.equal(world.sockets.length, 2);
  await world.join({ history: messages(1, 5) });
  assert.deepEqual(world.socket.sent, [{ type: "HELLO", after: message(3).id }]);
  assert.deepEqual(world.shown, ["m1", "m3", "m2", "m4", "m5"]);
});

test("history is asked for page by page until there is no more", async () => {
  const world = await returned(message(1));
  await world.join({ history: messages(1, 3), more: true });
  assert.deepEqual(world.sent("HISTORY"), [{ type: "HISTORY", after: message(3).id }]);
  await world.say({ type: "HISTORY", messages: messages(4, 5), more: true });
  assert.deepEqual(world.sent("HISTORY")[1], { type: "HISTORY", after: message(5).id });
  await world.say({ type: "HISTORY", messages: messages(6, 6), more: false });
  assert.equal(world.sent("HISTORY").length, 2);
  assert.deepEqual(world.shown, ["m1", "m2", "m3", "m4", "m5", "m6"]);
  await world.time.advance(60_000);
  assert.equal(world.chat.state, "open");
});

test("own messages wait for the history too", async () => {
  const world = await returned(message(1));
  await world.join({ history: messages(1, 3), more: true });
  world.chat.send("mine");
  await world.time.advance(1_000);
  assert.deepEqual(world.sent("CHAT"), []);
  await world.say({ type: "HISTORY", messages: [message(4)], more: false });
  assert.equal(world.sent("CHAT").length, 1);
});

test("a gap that a cut left open is closed by the way back", async () => {
  const world = new World();
  await world.join({ history: [message(1)] });
  await world.say({ type: "BATCH", messages: [message(3)], skipped: 1 });
  await world.say({ type: "BATCH", messages: [message(5)], skipped: 1 });
  await world.cut();
  await world.back();
  await world.join({ history: messages(1, 5) });
  assert.deepEqual(world.sent("HISTORY"), []);
  assert.deepEqual(world.shown, ["m1", "m2", "m3", "m4", "m5"]);
});

test("a busy room's overlap fills a page that ends at the last message seen, and more follows", async () => {
  const world = await returned(message(1), message(2));
  await world.join({ history: messages(1, 2), more: true });
  assert.deepEqual(world.sent("HISTORY"), [{ type: "HISTORY", after: message(2).id }]);
  await world.say({ type: "HISTORY", messages: messages(3, 4), more: false });
  assert.deepEqual(world.shown, ["m1", "m2", "m3", "m4"]);
});

test("live messages wait for the history before them, and so does what is told about them", async () => {
  const world = await returned(message(1));
  await world.open();
  await world.say(message(6));
  await world.say({ type: "JOINED", user_id: "guest:ana", history: messages(1, 3), more: true });
  await world.say({ type: "BATCH", messages: [message(5), message(4)] });
  await world.say({ type: "MESSAGE_DELETED", id: message(5).id });
  assert.deepEqual(world.shown, ["m1", "m2", "m3"]);
  assert.deepEqual(world.toldTo("onDeleted"), []);
  await world.say({ type: "HISTORY", messages: [message(4)], more: false });
  assert.deepEqual(world.shown, ["m1", "m2", "m3", "m4", "m5", "m6"]);
  assert.deepEqual(world.told.at(-1), ["onDeleted", message(5).id]);
});

test("a cut during the way back loses nothing and doubles nothing", async () => {
  const world = await returned(message(1));
  await world.join({ history: messages(1, 3), more: true });
  await world.say(message(9));
  await world.cut();
  await world.back();
  await world.join({ history: messages(3, 9) });
  assert.deepEqual(world.socket.sent, [{ type: "HELLO", after: message(3).id }]);
  assert.deepEqual(world.shown, ["m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "m9"]);
});

test("an answer that is too late, or not asked for, is not taken", async () => {
  const world = await returned(message(1));
  await world.join({ history: [message(1)], more: true });
  const old = world.socket;
  await world.cut();
  await world.back();
  await world.join({ history: [message(2)] });
  old.onmessage({ data: JSON.stringify({ type: "HISTORY", messages: [message(7)], more: false }) });
  await world.say({ type: "HISTORY", messages: [message(8)], more: false });
  assert.deepEqual(world.shown, ["m1", "m2"]);
});

test("what a frame had no room for is fetched before what it held", async () => {
  const world = new World();
  await world.join();
  for (const one of messages(1, 3)) await world.say(one);
  await world.say({ type: "BATCH", messages: [message(6), message(7)], skipped: 2 });
  assert.deepEqual(world.shown, ["m1", "m2", "m3"]);
  // One second before the last: the clocks that stamp messages are not the same.
  assert.deepEqual(world.sent("HISTORY"), [{ type: "HISTORY", after: message(2).id }]);
  await world.say({ type: "HISTORY", messages: messages(3, 7), more: false });
  assert.deepEqual(world.shown, ["m1", "m2", "m3", "m4", "m5", "m6", "m7"]);
  await world.say(message(8));
  assert.equal(world.shown.at(-1), "m8");
});

test("a second gap while the first is being filled is filled too", async () => {
  const world = new World();
  await world.join({ history: messages(1, 2) });
  await world.say({ type: "BATCH", messages: [message(4)], skipped: 1 });
  await world.say({ type: "BATCH", messages: [message(6)], skipped: 1 });
  await world.say({ type: "HISTORY", messages: messages(2, 4), more: false });
  assert.deepEqual(world.sent("HISTORY").at(-1), { type: "HISTORY", after: message(4).id });
  await world.say({ type: "HISTORY", messages: messages(5, 6), more: false });
  assert.equal(world.sent("HISTORY").length, 2);
  assert.deepEqual(world.shown, ["m1", "m2", "m3", "m4", "m5", "m6"]);
});

test("a gap in a room that was empty is filled with its latest messages", async () => {
  const world = new World();
  await world.join();
  await world.say({ type: "BATCH", messages: [message(2)], skipped: 1 });
  assert.deepEqual(world.sent("HISTORY"), [{ type: "HISTORY" }]);
  await world.say({ type: "HISTORY", messages: messages(1, 2), more: false });
  assert.deepEqual(world.shown, ["m1", "m2"]);
});

test("a server that always has more, and nothing new, is not asked for ever", async () => {
  const world = await returned(message(1));
  await world.join({ history: [message(2)], more: true });
  await world.say({ type: "HISTORY", messages: [message(2)], more: true });
  assert.equal(world.sent("HISTORY").length, 1);
  await world.say(message(3));
  await world.say({ type: "BATCH", messages: [], skipped: 1 });
  await world.say({ type: "HISTORY", messages: [], more: true });
  assert.equal(world.sent("HISTORY").length, 2);
  assert.deepEqual(world.shown, ["m1", "m2", "m3"]);
});

test("a question without an answer ends the connection, and the next one goes on", async () => {
  const world = await returned(message(1));
  await world.join({ history: [message(1)], more: true });
  // Others' frames do not stand for the answer.
  await world.time.advance(9_000);
  await world.say({ type: "VIEW_UPDATE", count: 2 });
  await world.time.advance(1_000);
  assert.equal(world.socket.isClosed, true);
  assert.equal(world.chat.state, "reconnecting");
});

test("when the last message seen is gone, the room is entered anew", async () => {
  const world = await returned(message(1));
  await world.open();
  await world.say({ type: "ERROR", code: "NOT_FOUND", content: "There is no such message." });
  assert.deepEqual(world.socket.sent, [{ type: "HELLO", after: message(1).id }, { type: "HELLO" }]);
  await world.say({ type: "ERROR", code: "NOT_FOUND", content: "There is no such room." });
  assert.equal(world.socket.sent.length, 2);
  await world.say({ type: "JOINED", user_id: "guest:ana", history: messages(7, 8) });
  assert.deepEqual(world.shown, ["m1", "m7", "m8"]);
});

test("when the message before a gap is gone, the latest are fetched", async () => {
  const world = new World();
  await world.join({ history: [message(1)] });
  await world.say({ type: "BATCH", messages: [message(9)], skipped: 9 });
  await world.say({ type: "ERROR", code: "NOT_FOUND", content: "gone" });
  assert.deepEqual(world.sent("HISTORY").at(-1), { type: "HISTORY" });
  await world.say({ type: "HISTORY", messages: messages(7, 9), more: false });
  assert.deepEqual(world.shown, ["m1", "m7", "m8", "m9"]);
  await world.say({ type: "BATCH", messages: [message(11)], skipped: 1 });
  for (let n = 0; n < 2; n++) await world.say({ type: "ERROR", code: "NOT_FOUND", content: "gone" });
  assert.deepEqual(world.shown, ["m1", "m7", "m8", "m9", "m11"]);
});

test("messages from before this client came are older ones, not new ones", async () => {
  const world = new World();
  await world.join({ history: messages(5, 6) });
  await world.cut();
  await world.back();
  await world.join({ history: messages(3, 7) });
  assert.deepEqual(world.shown, ["m5", "m6", "m7"]);
  const older = world.chat.loadOlder();
  assert.deepEqual(world.sent("HISTORY"), [{ type: "HISTORY", before: message(5).id }]);
  await world.say({ type: "HISTORY", messages: messages(3, 4), more: true });
  assert.deepEqual(await older, { messages: messages(3, 4), more: true });
  assert.deepEqual(world.shown, ["m5", "m6", "m7"]);
});

test("scrolling back goes on where it was, one question at a time", async () => {
  const world = new World();
  await assert.rejects(world.chat.loadOlder(), /no connection/);
  await world.join();
  assert.deepEqual(await world.chat.loadOlder(), { messages: [], more: false });
  for (const one of [message(10), message(9)]) await world.say(one);
  const [first, same] = [world.chat.loadOlder(), world.chat.loadOlder()];
  await world.say({ type: "HISTORY", messages: [message(8), message(7)], more: true });
  assert.deepEqual((await first).messages, messages(7, 8));
  assert.equal(await same, await first);
  assert.deepEqual(world.sent("HISTORY"), [{ type: "HISTORY", before: message(9).id }]);
  const second = world.chat.loadOlder();
  assert.deepEqual(world.sent("HISTORY").at(-1), { type: "HISTORY", before: message(7).id });
  const refused = assert.rejects(second, /connection broke/);
  await world.cut();
  await refused;
});

test("scrolling back waits for the way forward to be answered", async () => {
  const world = new World();
  await world.join({ history: messages(5, 6) });
  await world.say({ type: "BATCH", messages: [message(8)], skipped: 1 });
  const older = world.chat.loadOlder();
  assert.equal(world.sent("HISTORY").length, 1);
  await world.say({ type: "HISTORY", messages: messages(7, 8), more: false });
  assert.deepEqual(world.sent("HISTORY")[1], { type: "HISTORY", before: message(5).id });
  await world.say({ type: "HISTORY", messages: [message(4)], more: false });
  assert.deepEqual(await older, { messages: [message(4)], more: false });
  assert.deepEqual(world.shown, ["m5", "m6", "m7", "m8"]);
});
