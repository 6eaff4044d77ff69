// The client against a running server, over real sockets:
//   node --experimental-websocket web/sdk/integration.mjs http://127.0.0.1:8080
// (Node 22 and later have a WebSocket without the flag.) Ends with 0 and one line per scenario, or with 1 and what failed.
import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import { LiveChat } from "./live-chat.js";

/** A condition is waited for so long, in milliseconds. */
const DEADLINE = 30_000;

const base = (process.argv[2] ?? "").replace(/\/+$/, "");
const socketBase = base.replace(/^http/, "ws");
const run = Date.now().toString(36);
/** What is to be closed at the end, whatever happens. */
const open = [];

async function until(what, isTrue) {
  const end = Date.now() + DEADLINE;
  while (!isTrue()) {
    const state = open.map((one) => one.state).filter(Boolean);
    assert.ok(Date.now() < end, `${what}: not within ${DEADLINE} ms; clients are ${state}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function post(path, body, token) {
  const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(`${base}/api/v1${path}`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  const text = await response.text();
  assert.ok(response.ok, `POST ${path}: ${response.status} ${text}`);
  return JSON.parse(text);
}

async function account(name) {
  const username = `${name}_${run}`;
  const email = `${username}@example.org`;
  const { accessToken, user } = await post("/auth/register", {
    username,
    email,
    password: "correct horse battery",
  });
  return { token: accessToken, username, id: user.id };
}

async function room(owner, mode) {
  const chat = { enabled: true, mode, slowModeSeconds: 0 };
  const { id } = await post("/streams", { title: `Chat ${mode} ${run}`, chat }, owner.token);
  return id;
}

/** Keeps what the callbacks were told. */
class Recorder extends LiveChat {
  shown = [];
  counts = [];
  failed = [];
  sentAt = [];
  errors = [];
  joins = 0;
  onChat = (message) => this.shown.push(message);
  onViewerUpdate = (count) => this.counts.push(count);
  onFailed = ({ content }, { code }) => this.failed.push([content, code]);
  onSent = ({ content }) => this.sentAt.push(content);
  onError = (error) => this.errors.push(error);
  onJoined = () => {
    this.joins++;
  };

  get contents() {
    return this.shown.map(({ content }) => content);
  }
}

function enter(stream, user, options = {}) {
  const chat = new Recorder(stream, user.id, user.username, socketBase, {
    accessToken: () => user.token,
    ...options,
  });
  open.push(chat);
  return chat;
}

/**
 * A way to the server that can be cut: what is on it then is lost, as on a network. It rewrites the Host of the handshake,
 * since the server answers for its own only.
 */
async function way() {
  const { hostname, port, host } = new URL(base);
  const sockets = new Set();
  const server = createServer((near) => {
    const far = connect(Number(port || 80), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      // What follows is a close.
      socket.on("error", () => undefined);
    }
    near.once("data", (head) => {
      far.write(Buffer.from(head.toString("latin1").replace(/^host: .*$/im, `Host: ${host}`), "latin1"));
      near.pipe(far);
    });
    far.pipe(near);
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  open.push({
    close() {
      cut();
      server.close();
    },
  });
  return { cut, through: (url) => url.replace(/^(ws:\/\/)[^/]+/, `$1127.0.0.1:${server.address().port}`) };
}

/** A client whose connections go over `path`. */
function enterOver(path, stream, user) {
  const ticket = async () => {
    const answer = await post(`/streams/${stream}/chat-ticket`, {}, user.token);
    return { ...answer, wsUrl: path.through(answer.wsUrl) };
  };
  return enter(stream, user, { ticket });
}

/** Each message once, in the order (timestamp, id) as far as one writer's go: `expected` in its own order. */
function assertWhole(chat, expected, who) {
  assert.deepEqual(chat.contents, expected, `${who} does not have every message once and in order`);
  const ids = chat.shown.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length, `${who} was shown an id twice`);
}

async function twoChatInOrder({ ana, ben }) {
  const stream = await room(ana, "MEMBERS");
  const [first, second] = [enter(stream, ana), enter(stream, ben)];
  await until("both are in", () => first.state === "open" && second.state === "open");
  const written = [];
  for (let n = 0; n < 12; n++) {
    const [writer, content] = [n % 2 ? second : first, `turn ${n} 🐦`];
    writer.send(content);
    written.push(content);
    await until(`message ${n} is everywhere`, () =>
      [first, second].every((one) => one.shown.length === n + 1),
    );
  }
  assertWhole(first, written, "the first client");
  assertWhole(second, written, "the second client");
  assert.deepEqual(
    [...first.sentAt, ...second.sentAt].sort(),
    [...written].sort(),
    "an echo acknowledges each message",
  );
  assert.deepEqual([first.failed, second.failed], [[], []]);
  const late = enter(stream, ben);
  await until("history on entering", () => late.shown.length === written.length);
  assertWhole(late, written, "who came late");
  assert.deepEqual(late.shown, first.shown, "history and live messages are the same");
}

async function countIsRight({ ana, ben }) {
  const stream = await room(ana, "MEMBERS");
  const first = enter(stream, ana);
  await until("the owner counts", () => first.counts.at(-1) === 1);
  const others = [enter(stream, ben), enter(stream, ben)];
  await until("three are counted", () => first.counts.at(-1) === 3);
  for (const other of others) other.close();
  await until("one is left", () => first.counts.at(-1) === 1);
}

async function cutWhileSending({ ana, ben }) {
  const stream = await room(ana, "MEMBERS");
  const path = await way();
  const [writer, reader] = [enterOver(path, stream, ana), enterOver(path, stream, ben)];
  const steady = enter(stream, ben);
  await until("all are in", () => [writer, reader, steady].every(({ state }) => state === "open"));
  const written = Array.from({ length: 24 }, (_, n) => `cut ${n}`);
  for (const content of written) writer.send(content);
  for (const [cuts, after] of [3, 9, 15].entries()) {
    await until(
      `${after} messages are through and both are back`,
      () =>
        writer.sentAt.length >= after &&
        [writer, reader].every(({ state, joins }) => state === "open" && joins > cuts),
    );
    path.cut();
  }
  await until("the cut clients have everything", () =>
    [writer, reader, steady].every(({ shown }) => shown.length >= written.length),
  );
  await until("everything is acknowledged", () => writer.sentAt.length === written.length);
  assert.deepEqual(writer.failed, []);
  await until("each cut was one", () => writer.joins >= 4 && reader.joins >= 4);
  for (const [who, chat] of Object.entries({ writer, reader, steady })) {
    assert.deepEqual([...chat.contents].sort(), [...written].sort(), `the ${who} has a gap or a double`);
  }
  const late = enter(stream, ben);
  await until("the history is there", () => late.shown.length >= written.length);
  assert.deepEqual([...late.contents].sort(), [...written].sort(), "the history has a gap or a double");
}

/** As pages of the earlier service have it: no HELLO, no batches, no tickets. */
class PlainClient {
  messages = [];
  counts = [];
  errors = [];
  joined = 0;

  constructor(streamId, userId, username, baseUrl) {
    this.socket = new WebSocket(`${baseUrl}/ws/live/${streamId}?user_id=${userId}&username=${username}`);
    this.socket.onmessage = ({ data }) => this.take(JSON.parse(data));
  }

  get state() {
    return `plain: ${this.socket.readyState}`;
  }

  take(data) {
    switch (data.type) {
      case "JOINED":
        this.joined++;
        break;
      case "CHAT_BROADCAST":
        this.messages.push(data);
        break;
      case "VIEW_UPDATE":
        this.counts.push(data.count);
        break;
      case "ERROR":
        this.errors.push(data);
        break;
      case "BATCH":
        this.errors.push({ code: "a batch that was not asked for" });
        break;
    }
  }

  send(content) {
    this.socket.send(JSON.stringify({ type: "CHAT", content }));
  }

  close() {
    this.socket.close();
  }
}

async function plainClientsWork({ ana }) {
  const stream = await room(ana, "OPEN");
  const plain = new PlainClient(stream, "42", "Olga", socketBase);
  open.push(plain);
  await until("the plain client is greeted", () => plain.joined > 0);
  const guest = enter(stream, { id: "43", username: "Gus & co" }, { accessToken: undefined });
  await until("the guest is in", () => guest.state === "open");
  plain.send("hello from the past");
  await until("the guest reads", () => guest.shown.length === 1);
  guest.send("hello back");
  await until("both read", () => plain.messages.length === 2 && guest.shown.length === 2);
  assert.deepEqual(
    plain.messages.map(({ user_id, username, content }) => [user_id, username, content]),
    [
      ["guest:42", "Olga", "hello from the past"],
      ["guest:43", "Gus & co", "hello back"],
    ],
  );
  assertWhole(guest, ["hello from the past", "hello back"], "the guest");
  for (const { stream_id, timestamp } of plain.messages) {
    assert.equal(stream_id, stream);
    assert.ok(Date.parse(timestamp) > 0, `${timestamp} is a time`);
  }
  await until("the plain client counts", () => plain.counts.at(-1) === 2);
  assert.deepEqual(plain.errors, []);
}

async function guestsOfMembersRead({ ana }) {
  const stream = await room(ana, "MEMBERS");
  const owner = enter(stream, ana);
  // An anonymous ticket, since there is an API to ask but no token.
  const guest = enter(stream, { id: "44", username: "Gil" }, { accessToken: undefined, apiUrl: base });
  await until("both are in", () => owner.state === "open" && guest.state === "open");
  owner.send("for all to read");
  await until("the guest reads", () => guest.contents.includes("for all to read"));
  guest.send("not mine to write");
  await until("the guest is refused", () => guest.failed.length === 1);
  assert.deepEqual(guest.failed, [["not mine to write", "FORBIDDEN"]]);
  owner.send("still here?");
  await until("the guest goes on reading", () => guest.shown.length === 2 && owner.shown.length === 2);
  assert.deepEqual(owner.contents, ["for all to read", "still here?"]);
}

async function scrollsBack({ ana }) {
  const stream = await room(ana, "MEMBERS");
  // The owner is not limited; a client of one's own would still pace itself.
  const { wsUrl } = await post(`/streams/${stream}/chat-ticket`, {}, ana.token);
  const raw = new WebSocket(`${wsUrl}&batch=1`);
  open.push(raw);
  await new Promise((resolve, reject) => {
    raw.onopen = resolve;
    raw.onerror = () => reject(new Error("the handshake failed"));
  });
  const written = Array.from({ length: 70 }, (_, n) => `page ${n}`);
  const echoed = new Set();
  raw.onmessage = ({ data }) => {
    const frame = JSON.parse(data);
    for (const { type, content } of frame.messages ?? [frame])
      if (type === "CHAT_BROADCAST") echoed.add(content);
  };
  for (let n = 0; n < written.length; n += 10) {
    for (const content of written.slice(n, n + 10)) raw.send(JSON.stringify({ type: "CHAT", content }));
    await until(`${n + 10} messages are echoed`, () => echoed.size === n + 10);
  }
  const chat = enter(stream, ana);
  await until("the latest are there", () => chat.shown.length > 0);
  const older = [];
  for (let more = true; more; ) {
    const page = await chat.loadOlder();
    older.unshift(...page.messages);
    more = page.more && page.messages.length > 0;
  }
  const all = [...older, ...chat.shown];
  assert.deepEqual(
    all.map(({ content }) => content).sort(),
    [...written].sort(),
    "this is not the whole room",
  );
  const keys = all.map(({ timestamp, id }) => `${timestamp} ${id}`);
  assert.deepEqual(keys, [...keys].sort(), "older pages and the latest are not in order");
}

const scenarios = {
  "two clients chat in order, and an echo acknowledges": twoChatInOrder,
  "the viewer count follows those who come and go": countIsRight,
  "three cuts while sending leave no gap and no double": cutWhileSending,
  "a plain client of the earlier service works in an OPEN room": plainClientsWork,
  "guests of a MEMBERS room read only": guestsOfMembersRead,
  "older messages come page by page": scrollsBack,
};

async function main() {
  assert.match(base, /^https?:\/\/./, "usage: node --experimental-websocket integration.mjs <base URL>");
  assert.ok(globalThis.WebSocket, "this Node needs --experimental-websocket");
  const people = { ana: await account("ana"), ben: await account("ben") };
  for (const [name, scenario] of Object.entries(scenarios)) {
    const begun = Date.now();
    try {
      await scenario(people);
    } catch (error) {
      error.message = `${name}: ${error.message}`;
      throw error;
    } finally {
      for (const one of open.splice(0)) one.close();
    }
    console.log(`ok: ${name} (${Date.now() - begun} ms)`);
  }
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
