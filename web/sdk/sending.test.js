// Own messages: shown at once, sent once, acknowledged by their echo.
import assert from "node:assert/strict";
import { test } from "node:test";
import { at, message, World } from "./fakes.js";

const MINUTE = 60_000;

async function joined(options) {
  const world = new World(options);
  await world.join();
  return world;
}

const codes = (world) => world.toldTo("onFailed").map(([{ content }, { code }]) => [content, code]);

test("a message is pending at once, and its echo acknowledges it", async () => {
  const world = await joined();
  assert.equal(world.chat.send("  hello  "), "c1");
  assert.deepEqual(world.sent("CHAT"), [{ type: "CHAT", content: "hello", client_id: "c1" }]);
  const [[pending]] = world.toldTo("onPending");
  assert.equal(pending.content, "hello");
  assert.equal(pending.user_id, "guest:ana");
  world.told.length = 0;
  await world.echo(world.sent("CHAT")[0]);
  await world.echo(world.sent("CHAT")[0]);
  assert.deepEqual(
    world.told.map(([name, { client_id }]) => [name, client_id]),
    [
      ["onSent", "c1"],
      ["onChat", "c1"],
    ],
  );
});

test("a message acknowledges an own one by its client_id, and by nothing else", async () => {
  const world = await joined();
  world.chat.send("hello");
  for (const client_id of [undefined, null, 1, {}, ["c1"], "", "C1", "c11"])
    await world.say({ ...message(1, "hello"), user_id: "guest:ana", client_id });
  assert.deepEqual(world.toldTo("onSent"), []);
  await world.say({ ...message(2, "hello"), user_id: "guest:another", client_id: "c1" });
  assert.equal(world.toldTo("onSent").length, 1);
});

test("a guest whose user id changed with the connection finds the stored message in history, and says it once", async () => {
  const world = new World();
  await world.join({ user_id: "guest:k3x9" });
  world.chat.send("one");
  world.chat.send("two");
  await world.cut();
  await world.back();
  const stored = { ...message(1, "one"), user_id: "guest:k3x9", client_id: "c1" };
  await world.join({ user_id: "guest:p7w2", history: [stored] });
  const [resent, ...others] = world.sent("CHAT");
  assert.deepEqual([resent.client_id, others], ["c2", []]);
  // The first of the two was taken before the cut after all.
  await world.say({ ...message(2, "two"), user_id: "guest:k3x9", client_id: "c2" });
  await world.time.advance(MINUTE);
  assert.equal(world.sent("CHAT").length, 1);
  assert.deepEqual(world.shown, ["one", "two"]);
  assert.equal(world.toldTo("onSent").length, 2);
});

test("an own message in history is found also where it seems older than the first one of the room", async () => {
  const world = new World();
  await world.join({ history: [message(5)] });
  world.chat.send("one");
  await world.cut();
  await world.back();
  await world.join({ history: [message(3), { ...message(4, "one"), client_id: "c1" }, message(5)] });
  assert.deepEqual(world.sent("CHAT"), []);
  assert.deepEqual(world.shown, ["m5", "one"]);
  assert.equal(world.toldTo("onSent").length, 1);
});

test("200 emoji are sent; 201 characters and nothing at all fail here", async () => {
  const world = await joined();
  assert.equal(world.chat.send("🐦".repeat(200)), "c1");
  for (const content of ["x".repeat(201), "", " \n\t ", undefined])
    assert.equal(world.chat.send(content), null);
  assert.deepEqual(codes(world), [
    ["x".repeat(201), "TOO_LONG"],
    ["", "EMPTY"],
    ["", "EMPTY"],
    ["", "EMPTY"],
  ]);
  assert.equal(world.sent("CHAT").length, 1);
  assert.equal(world.toldTo("onPending").length, 1);
});

test("contents are composed (NFC), counted after that, and always Unicode", async () => {
  const world = await joined();
  world.chat.send("e\u0301".repeat(200));
  world.chat.send("half \ud83d bird");
  assert.equal(world.sent("CHAT")[0].content, "\u00e9".repeat(200));
  assert.equal(world.sent("CHAT")[1].content, "half \ufffd bird");
});

test("a burst is sent four at a time, each place free again a second after its echo", async () => {
  const world = await joined();
  for (let n = 1; n <= 9; n++) world.chat.send(`b${n}`);
  assert.equal(world.toldTo("onPending").length, 9);
  assert.equal(world.sent("CHAT").length, 4);
  await world.time.advance(5_000);
  assert.equal(world.sent("CHAT").length, 4);
  for (const chat of world.sent("CHAT")) await world.echo(chat);
  await world.time.advance(999);
  assert.equal(world.sent("CHAT").length, 4);
  await world.time.advance(251);
  assert.equal(world.sent("CHAT").length, 8);
  for (const chat of world.sent("CHAT").slice(4)) await world.echo(chat, 2);
  await world.time.advance(1_250);
  assert.deepEqual(
    world.sent("CHAT").map(({ content }) => content),
    ["b1", "b2", "b3", "b4", "b5", "b6", "b7", "b8", "b9"],
  );
});

test("the server never sees more than four within a second, however the network bunches them", async () => {
  const world = await joined();
  const accepted = [];
  for (let n = 1; n <= 40; n++) world.chat.send(`b${n}`);
  // Frames arrive up to 900 ms late; echoes come up to 700 ms after that.
  let [arrived, echoed] = [0, 0];
  const delays = [900, 0, 450, 0, 0, 700];
  const line = [];
  for (let step = 0; step < 2_000 && echoed < 40; step++) {
    for (const chat of world.sent("CHAT").slice(arrived)) {
      const last = accepted.at(-1) ?? 0;
      const acceptedAt = Math.max(world.time.now + delays[arrived++ % 6], last);
      accepted.push(acceptedAt);
      line.push({ chat, at: acceptedAt + delays[arrived % 6] });
    }
    while (line[echoed]?.at <= world.time.now) await world.echo(line[echoed++].chat, echoed);
    await world.time.advance(50);
  }
  assert.equal(echoed, 40);
  for (let n = 4; n < 40; n++) assert.ok(accepted[n] - accepted[n - 4] >= 1_000, `message ${n}`);
});

test("after a cut what has no echo is sent again with the same client_id, in order, after history", async () => {
  const world = await joined();
  for (const content of ["one", "two", "three"]) world.chat.send(content);
  await world.echo(world.sent("CHAT")[0]);
  const [, second] = world.sent("CHAT");
  await world.cut();
  world.chat.send("four");
  await world.back();
  await world.open();
  assert.deepEqual(world.sent("CHAT"), []);
  // The history holds what was stored without its echo having come.
  const stored = { ...message(2, second.content), user_id: "guest:ana", client_id: second.client_id };
  await world.say({ type: "JOINED", user_id: "guest:ana", history: [stored], more: false });
  assert.deepEqual(
    world.sent("CHAT").map(({ content, client_id }) => [content, client_id]),
    [
      ["three", "c3"],
      ["four", "c4"],
    ],
  );
  for (const [index, chat] of world.sent("CHAT").entries()) await world.echo(chat, 3 + index);
  assert.deepEqual(world.shown, ["one", "two", "three", "four"]);
  assert.equal(world.toldTo("onSent").length, 4);
});

test("a stored message that comes back without its client_id is shown once, and the resend acknowledged", async () => {
  const world = await joined();
  world.chat.send("one");
  await world.cut();
  await world.back();
  const { client_id: _, ...stored } = { ...message(1, "one"), user_id: "guest:ana" };
  await world.join({ history: [stored] });
  await world.echo(world.sent("CHAT")[0], 1);
  assert.deepEqual(world.shown, ["one"]);
  assert.equal(world.toldTo("onSent").length, 1);
});

test("what is written before the room has answered is sent after it has", async () => {
  const world = new World();
  world.chat.send("early");
  assert.equal(world.toldTo("onPending").length, 1);
  await world.open();
  assert.deepEqual(world.sent("CHAT"), []);
  await world.say({ type: "JOINED", user_id: "guest:ana", history: [] });
  assert.equal(world.sent("CHAT").length, 1);
});

test("a message without an echo is sent again on the same connection after 10 seconds", async () => {
  const world = await joined();
  world.chat.send("one");
  await world.time.advance(9_900);
  assert.equal(world.sent("CHAT").length, 1);
  await world.time.advance(500);
  assert.deepEqual(
    world.sent("CHAT").map(({ client_id }) => client_id),
    ["c1", "c1"],
  );
});

test("after 9 minutes a message fails instead of being sent again", async () => {
  const world = await joined();
  world.chat.send("one");
  await world.cut();
  world.random = 0;
  await world.time.advance(9 * MINUTE - 1_000);
  assert.deepEqual(codes(world), []);
  await world.time.advance(1_000);
  assert.deepEqual(codes(world), [["one", "NOT_SENT"]]);
  await world.join();
  assert.deepEqual(world.sent("CHAT"), []);
});

test("an error that names a message fails that one only", async () => {
  const world = await joined();
  world.chat.send("one");
  world.chat.send("two");
  const error = {
    type: "ERROR",
    code: "SLOW_MODE",
    content: "Wait.",
    retry_after_ms: 3_000,
    client_id: "c1",
  };
  await world.say(error);
  await world.say(error);
  assert.deepEqual(codes(world), [["one", "SLOW_MODE"]]);
  assert.equal(world.toldTo("onError").length, 2);
  await world.echo(world.sent("CHAT")[1]);
  assert.deepEqual(world.shown, ["two"]);
});

test("a guest who may only read is refused the message and stays", async () => {
  const world = await joined();
  world.chat.send("one");
  await world.say({ type: "ERROR", code: "FORBIDDEN", content: "Guests read only.", client_id: "c1" });
  assert.deepEqual(codes(world), [["one", "FORBIDDEN"]]);
  await world.cut();
  assert.equal(world.chat.state, "reconnecting");
});

test("RATE_LIMITED pauses as long as the server says, and the messages are sent again", async () => {
  const world = await joined();
  for (let n = 1; n <= 6; n++) world.chat.send(`b${n}`);
  await world.say({
    type: "ERROR",
    code: "RATE_LIMITED",
    content: "Rate limit exceeded. Connection closed.",
    timestamp: at(1),
    retry_after_ms: 5_000,
    client_id: "c4",
  });
  assert.equal(world.socket.isClosed, true);
  await world.time.advance(4_999);
  assert.equal(world.sockets.length, 1);
  await world.time.advance(1);
  assert.equal(world.sockets.length, 2);
  await world.join();
  assert.deepEqual(
    world.sent("CHAT").map(({ client_id }) => client_id),
    ["c1", "c2", "c3", "c4"],
  );
  assert.deepEqual(codes(world), []);
});

test("a server that asks for an absurd pause gets ten minutes, or the usual one", async () => {
  for (const [asked, expected] of [
    [Number.MAX_VALUE, 10 * MINUTE],
    ["soon", 750],
    [-5, 750],
    [null, 750],
    [{}, 750],
  ]) {
    const world = await joined();
    await world.say({ type: "ERROR", code: "RATE_LIMITED", content: "", retry_after_ms: asked });
    assert.equal(world.toldTo("onConnection").at(-1)[1].retryInMs, expected);
    await world.back();
    assert.equal(world.sockets.length, 2);
    world.chat.close();
  }
});

/** An error that names the message `c1`, or another one. */
const refusal = (code, more = {}) => ({ type: "ERROR", code, content: "No.", client_id: "c1", ...more });

const idsOf = (frames) => frames.map(({ client_id }) => client_id);

test("RATE_LIMITED keeps the message that it names", async () => {
  const world = await joined();
  world.chat.send("one");
  await world.say(refusal("RATE_LIMITED", { retry_after_ms: 400 }));
  await world.back();
  await world.join();
  assert.deepEqual(world.sent("CHAT"), [{ type: "CHAT", content: "one", client_id: "c1" }]);
  await world.echo(world.sent("CHAT")[0]);
  assert.deepEqual(codes(world), []);
  assert.equal(world.toldTo("onSent").length, 1);
});

test("UNAVAILABLE sends the message again on the same connection after the pause it asks for, before later ones", async () => {
  const world = await joined();
  world.chat.send("one");
  await world.time.advance(3_000);
  await world.say(refusal("UNAVAILABLE", { retry_after_ms: 1_000 }));
  world.chat.send("two");
  await world.time.advance(999);
  assert.deepEqual(idsOf(world.sent("CHAT")), ["c1"]);
  await world.time.advance(251);
  assert.deepEqual(idsOf(world.sent("CHAT")), ["c1", "c1", "c2"]);
  assert.equal(world.toldTo("onError").length, 1);
  await world.say(refusal("UNAVAILABLE", { retry_after_ms: 1_000 }));
  await world.time.advance(1_250);
  assert.deepEqual(idsOf(world.sent("CHAT")), ["c1", "c1", "c2", "c1"]);
  await world.echo(world.sent("CHAT")[1], 1);
  await world.echo(world.sent("CHAT")[2], 2);
  assert.deepEqual(world.shown, ["one", "two"]);
  assert.deepEqual(codes(world), []);
  assert.equal(world.sockets.length, 1);
});

test("a message that met UNAVAILABLE before a cut goes over the next connection", async () => {
  const world = await joined();
  world.chat.send("one");
  await world.say(refusal("UNAVAILABLE", { retry_after_ms: 1_000 }));
  await world.cut();
  await world.back();
  await world.join();
  await world.time.advance(1_000);
  assert.deepEqual(idsOf(world.sent("CHAT")), ["c1"]);
});

test("UNAVAILABLE without a pause that makes sense is no reason to hurry, nor to forget the limit of nine minutes", async () => {
  for (const asked of [undefined, null, "soon", -5, 0, {}]) {
    const world = await joined();
    world.chat.send("one");
    await world.say(refusal("UNAVAILABLE", { retry_after_ms: asked }));
    await world.time.advance(499);
    assert.equal(world.sent("CHAT").length, 1, `${asked}`);
    await world.time.advance(251);
    assert.equal(world.sent("CHAT").length, 2, `${asked}`);
    world.chat.close();
  }
  const world = await joined();
  world.chat.send("one");
  await world.say(refusal("UNAVAILABLE", { retry_after_ms: Number.MAX_VALUE }));
  await world.say(refusal("UNAVAILABLE", { client_id: "c2" }));
  for (let n = 0; n < 9; n++) {
    await world.time.advance(MINUTE);
    await world.say({ type: "PONG", t: 0 });
  }
  assert.deepEqual(codes(world), [["one", "NOT_SENT"]]);
});

test("a message refused with UNAVAILABLE still counts towards the limit", async () => {
  const world = await joined();
  for (let n = 1; n <= 8; n++) world.chat.send(`b${n}`);
  await world.time.advance(400);
  for (const client_id of ["c1", "c2", "c3", "c4"])
    await world.say(refusal("UNAVAILABLE", { client_id, retry_after_ms: 500 }));
  await world.time.advance(850);
  assert.equal(world.sent("CHAT").length, 4);
  await world.time.advance(400);
  assert.deepEqual(idsOf(world.sent("CHAT").slice(4)), ["c1", "c2", "c3", "c4"]);
});

test("NOT_FOUND with a close keeps the message for the next connection", async () => {
  const world = await joined();
  world.chat.send("one");
  for (let n = 0; n < 2; n++) await world.say(refusal("NOT_FOUND"));
  await world.time.advance(4_999);
  assert.equal(world.sent("CHAT").length, 1);
  await world.cut();
  assert.equal(world.chat.state, "reconnecting");
  await world.back();
  await world.time.advance(5_000);
  await world.join();
  assert.deepEqual(world.sent("CHAT"), [{ type: "CHAT", content: "one", client_id: "c1" }]);
  await world.time.advance(5_000);
  await world.echo(world.sent("CHAT")[0]);
  assert.deepEqual(codes(world), []);
  assert.deepEqual(world.shown, ["one"]);
});

test("NOT_FOUND without a close fails the message: it was stored and has been deleted", async () => {
  const world = await joined();
  world.chat.send("one");
  world.chat.send("two");
  for (let n = 0; n < 2; n++) await world.say(refusal("NOT_FOUND"));
  await world.echo(world.sent("CHAT")[1]);
  assert.deepEqual(codes(world), []);
  await world.time.advance(5_000);
  assert.deepEqual(codes(world), [["one", "NOT_FOUND"]]);
  await world.time.advance(MINUTE);
  assert.equal(world.sent("CHAT").length, 2);
  assert.equal(world.sockets.length, 1);
});

test("a page that closes the chat when it is told an error leaves nothing behind", async () => {
  for (const code of ["NOT_FOUND", "UNAVAILABLE", "RATE_LIMITED", "BANNED", "SLOW_MODE"]) {
    const world = await joined();
    world.chat.onError = () => world.chat.close();
    world.chat.send("one");
    await world.say(refusal(code));
    assert.deepEqual(codes(world), [["one", "CLOSED"]]);
    assert.equal(world.time.pending, 0, code);
  }
});

test("closing fails what is pending, and a closed chat takes nothing", async () => {
  const world = await joined();
  world.chat.send("one");
  world.chat.close();
  assert.equal(world.chat.send("two"), null);
  assert.deepEqual(codes(world), [
    ["one", "CLOSED"],
    ["two", "CLOSED"],
  ]);
  assert.equal(world.time.pending, 0);
});

test("ids of messages are 128 random bits", async () => {
  const world = await joined({ makeId: undefined });
  const ids = Array.from({ length: 100 }, (_, n) => world.chat.send(`m${n}`));
  for (const id of ids) assert.match(id, /^[0-9a-f]{32}$/);
  assert.equal(new Set(ids).size, 100);
});
