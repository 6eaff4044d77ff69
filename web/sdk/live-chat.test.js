// What a page sees of a room while nothing breaks.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { at, CALLBACKS, message, messages, World } from "./fakes.js";
import { LiveChat } from "./live-chat.js";

test("four arguments connect as a guest, with the names escaped", async () => {
  const urls = [];
  const before = globalThis.WebSocket;
  globalThis.WebSocket = class {
    constructor(url) {
      urls.push(url);
    }
    close() {}
  };
  try {
    const chat = new LiveChat("a/b?c", "x&y", "Zoë #1", "wss://host");
    await new Promise((resolve) => setImmediate(resolve));
    chat.disconnect();
    assert.equal(chat.state, "closed");
  } finally {
    globalThis.WebSocket = before;
  }
  assert.deepEqual(urls, ["wss://host/ws/live/a%2Fb%3Fc?user_id=x%26y&username=Zo%C3%AB%20%231&batch=1"]);
});

test("a guest without a name leaves it to the server", async () => {
  const urls = [];
  class WebSocket {
    constructor(url) {
      urls.push(url);
    }
    close() {}
  }
  const chat = new LiveChat("str_1", "ana", undefined, "ws://host", { WebSocket });
  await new Promise((resolve) => setImmediate(resolve));
  chat.close();
  assert.deepEqual(urls, ["ws://host/ws/live/str_1?user_id=ana&batch=1"]);
});

test("the first frame is HELLO, and JOINED brings the room and its latest messages", async () => {
  const world = new World();
  await world.join({ count: 7, history: [message(1), message(2)], slow_mode: 3 });
  assert.deepEqual(world.socket.sent, [{ type: "HELLO" }]);
  assert.deepEqual(world.shown, ["m1", "m2"]);
  assert.deepEqual(world.toldTo("onViewerUpdate"), [[7]]);
  assert.equal(world.toldTo("onJoined")[0][0].slow_mode, 3);
  assert.deepEqual(world.toldTo("onConnection"), [["open", {}]]);
  assert.equal(world.chat.state, "open");
});

test("overridden methods of a subclass are called", async () => {
  class Page extends LiveChat {
    seen = [];
    onChat({ content }) {
      this.seen.push(content);
    }
    onViewerUpdate(count) {
      this.seen.push(count);
    }
  }
  const world = new World({}, Page);
  await world.join();
  await world.say(message(1));
  await world.say({ type: "VIEW_UPDATE", stream_id: "str_1", count: 12, timestamp: at(1) });
  assert.deepEqual(world.chat.seen, [1, "m1", 12]);
});

test("the short JOINED for clients that never say HELLO tells the count and no more", async () => {
  const world = new World();
  await world.open();
  await world.say({ type: "JOINED", stream_id: "str_1", count: 3, timestamp: at(0) });
  assert.equal(world.chat.state, "connecting");
  assert.deepEqual(world.toldTo("onViewerUpdate"), [[3]]);
  await world.say({ type: "JOINED", stream_id: "str_1", user_id: "guest:ana", history: [message(1)] });
  await world.say({ type: "JOINED", stream_id: "str_1", count: 4, timestamp: at(0) });
  assert.deepEqual(world.shown, ["m1"]);
  assert.equal(world.toldTo("onJoined").length, 1);
});

test("each kind of news has its callback", async () => {
  const world = new World();
  await world.join();
  const status = {
    type: "STREAM_STATUS",
    stream_id: "str_1",
    status: "LIVE",
    state: "RUNNING",
    ingest: "LIVE",
  };
  const stats = { type: "INGEST_STATS", bitrate_kbps: 4_000, fps: 30 };
  const error = { type: "ERROR", code: "UNKNOWN_TYPE", content: "no" };
  world.told.length = 0;
  await world.say(status);
  await world.say(stats);
  await world.say({ type: "MESSAGE_DELETED", id: "msg_1" });
  await world.say({ type: "USER_BANNED", user_id: "guest:ben", until: at(60) });
  await world.say({ type: "SLOW_MODE", seconds: 5 });
  await world.say(error);
  assert.deepEqual(world.told, [
    ["onStatus", status],
    ["onIngest", stats],
    ["onDeleted", "msg_1"],
    ["onBanned", "guest:ben", at(60)],
    ["onSlowMode", 5],
    ["onError", error],
  ]);
});

test("a batch is taken frame by frame, and a batch within it is not", async () => {
  const world = new World();
  await world.join();
  const inner = { type: "BATCH", messages: [message(3)] };
  const update = { type: "VIEW_UPDATE", count: 9 };
  await world.say({ type: "BATCH", messages: [message(1), null, 7, inner, update, message(2)] });
  assert.deepEqual(world.shown, ["m1", "m2"]);
  assert.deepEqual(world.toldTo("onViewerUpdate").at(-1), [9]);
});

test("hostile frames change nothing", async () => {
  const world = new World();
  await world.join();
  world.told.length = 0;
  for (const frame of ["null", "7", '"x"', "[]", "{}", '{"type":{}}', '{"type":"NEWS"}'])
    await world.say(frame);
  for (const type of ["BATCH", "HISTORY", "JOINED"]) await world.say({ type, messages: 7, history: "x" });
  assert.deepEqual(world.told, []);
  for (const frame of ["", "{", '{"type":']) await world.say(frame);
  assert.deepEqual(
    world.toldTo("onError").map(([{ code }]) => code),
    ["BAD_JSON", "BAD_JSON", "BAD_JSON"],
  );
  await world.say(message(1));
  assert.deepEqual(world.shown, ["m1"]);
});

test("an id is shown once, also when it comes again after 2,000 others", async () => {
  const world = new World();
  await world.join();
  const many = messages(1, 2_000);
  for (const one of many) await world.say(one);
  for (const one of [many[0], many[1_999]]) await world.say(one);
  assert.equal(world.shown.length, 2_000);
});

test("a message that comes a little late is shown at once", async () => {
  const world = new World();
  await world.join();
  for (const one of [message(2), message(1), message(2)]) await world.say(one);
  assert.deepEqual(world.shown, ["m2", "m1"]);
});

test("what a callback throws reaches the page and stops nothing", async () => {
  const world = new World();
  await world.join();
  const thrown = [];
  const catcher = (error) => thrown.push(error.message);
  const others = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", catcher);
  try {
    world.chat.onChat = ({ content }) => {
      throw new Error(`cannot show ${content}`);
    };
    await world.say({ type: "BATCH", messages: [message(1), message(2)] });
  } finally {
    process.removeListener("uncaughtException", catcher);
    for (const other of others) process.on("uncaughtException", other);
  }
  assert.deepEqual(thrown, ["cannot show m1", "cannot show m2"]);
});

test("a moderator deletes by id, and only while connected", async () => {
  const world = new World();
  assert.equal(world.chat.delete("msg_1"), false);
  await world.join();
  assert.equal(world.chat.delete("msg_1"), true);
  assert.deepEqual(world.sent("DELETE"), [{ type: "DELETE", id: "msg_1" }]);
});

test("a page that closes the chat while it is told something is told no more", async () => {
  const world = new World();
  await world.join();
  world.chat.onChat = () => {
    world.chat.close();
    world.told.push(["onChat", { content: "the last" }]);
  };
  await world.say({ type: "BATCH", messages: [message(1), message(2), { type: "VIEW_UPDATE", count: 5 }] });
  assert.deepEqual(world.shown, ["the last"]);
  assert.deepEqual(world.toldTo("onViewerUpdate"), [[1]]);
  const entering = new World();
  entering.chat.onChat = ({ content }) => {
    entering.told.push(["onChat", { content }]);
    entering.chat.close();
  };
  await entering.join({ history: messages(1, 3) });
  assert.deepEqual(entering.shown, ["m1"]);
});

test("the types name every method", () => {
  const types = readFileSync(new URL("live-chat.d.ts", import.meta.url), "utf8");
  const methods = Object.getOwnPropertyNames(LiveChat.prototype);
  for (const name of methods) assert.match(types, new RegExp(`\\b${name}\\b`), `${name} has no type`);
  assert.deepEqual(
    methods.filter((name) => name.startsWith("on")),
    CALLBACKS,
  );
});
