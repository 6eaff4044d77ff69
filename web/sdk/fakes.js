// What the tests use instead of the network and the time.
import { LiveChat } from "./live-chat.js";

/** Lets everything run that waits for nothing but its turn. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

class FakeTime {
  #timers = new Map();
  #ids = 0;
  now = Date.parse("2026-01-01T00:00:00Z");

  setTimeout = (work, ms) => {
    this.#timers.set(++this.#ids, { work, at: this.now + Math.max(ms, 0) });
    return this.#ids;
  };

  clearTimeout = (id) => {
    this.#timers.delete(id);
  };

  get pending() {
    return this.#timers.size;
  }

  async advance(ms) {
    const end = this.now + ms;
    await settle();
    for (;;) {
      const [next] = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at);
      if (!next) break;
      this.#timers.delete(next[0]);
      this.now = next[1].at;
      next[1].work();
      await settle();
    }
    this.now = end;
  }
}

class FakeSocket {
  sent = [];
  isClosed = false;

  constructor(url) {
    this.url = url;
  }

  send(data) {
    this.sent.push(JSON.parse(data));
  }

  close() {
    this.isClosed = true;
  }
}

/** A room with one client, whose server the test plays. */
export class World {
  time = new FakeTime();
  sockets = [];
  /** What the callbacks were told: [name, ...arguments]. */
  told = [];
  random = 0.5;
  events = new EventTarget();

  constructor(options = {}, Client = LiveChat) {
    const { sockets } = this;
    const WebSocket = class extends FakeSocket {
      constructor(url) {
        super(url);
        sockets.push(this);
      }
    };
    let ids = 0;
    this.chat = new Client("str_1", "ana", "Ana", "ws://host", {
      WebSocket,
      clock: () => this.time.now,
      random: () => this.random,
      makeId: () => `c${++ids}`,
      setTimeout: this.time.setTimeout,
      clearTimeout: this.time.clearTimeout,
      events: this.events,
      ...options,
    });
    for (const name of CALLBACKS) {
      const own = this.chat[name].bind(this.chat);
      this.chat[name] = (...news) => {
        this.told.push([name, ...news]);
        own(...news);
      };
    }
  }

  get socket() {
    return this.sockets.at(-1);
  }

  /** What was told to the callback `name`, without `name`. */
  toldTo(name) {
    return this.told.filter(([callback]) => callback === name).map(([, ...news]) => news);
  }

  /** The contents of what was shown, in order. */
  get shown() {
    return this.toldTo("onChat").map(([{ content }]) => content);
  }

  sent(type) {
    return this.socket.sent.filter((frame) => frame.type === type);
  }

  async say(frame) {
    this.socket.onmessage({ data: typeof frame === "string" ? frame : JSON.stringify(frame) });
    await settle();
  }

  async open() {
    await settle();
    this.socket.onopen();
    await settle();
  }

  async join(room = {}) {
    await this.open();
    await this.say({
      type: "JOINED",
      stream_id: "str_1",
      count: 1,
      timestamp: at(0),
      user_id: "guest:ana",
      roles: [],
      history: [],
      more: false,
      ...room,
    });
  }

  async cut() {
    this.socket.onclose({ code: 1006 });
    await settle();
  }

  /** Waits until the client connects again. */
  async back() {
    const [, { retryInMs }] = this.toldTo("onConnection").at(-1);
    await this.time.advance(retryInMs);
  }

  /** Sends back what the client sent last, as the server does with what it has stored. */
  async echo(chat, seconds = 1) {
    const { content, client_id } = chat;
    await this.say({ ...message(seconds, content), client_id, user_id: "guest:ana" });
  }
}

export const CALLBACKS = [
  "onChat",
  "onViewerUpdate",
  "onJoined",
  "onStatus",
  "onIngest",
  "onDeleted",
  "onBanned",
  "onSlowMode",
  "onError",
  "onConnection",
  "onPending",
  "onSent",
  "onFailed",
];

export const at = (seconds) => new Date(Date.parse("2026-01-01T00:00:00Z") + seconds * 1_000).toISOString();

/** A message of somebody else. */
export const message = (seconds, content = `m${seconds}`) => ({
  type: "CHAT_BROADCAST",
  stream_id: "str_1",
  user_id: "guest:ben",
  username: "Ben",
  content,
  timestamp: at(seconds),
  id: `msg_${String(seconds * 1_000).padStart(9, "0")}_${content}`,
  roles: [],
});

export const messages = (from, to) =>
  Array.from({ length: to - from + 1 }, (_, index) => message(from + index));
