// One WebSocket connection, from its handshake to its end. All times are milliseconds.

/** From the handshake, or a question, to the answer. */
export const PATIENCE = 10_000;
/** API Gateway ends a connection after 10 idle minutes. */
const PING_EVERY = 240_000;
/** It ends any connection after 2 hours: one is renewed between 110 and 115 minutes. */
const [RENEW_AFTER, RENEW_SPREAD] = [6_600_000, 300_000];
/** Why a connection ends then. */
export const RENEWED = "the connection is renewed";

/** One connection: frames, timers that end with it, liveness, one HISTORY at a time since answers carry no number. */
export class Link {
  #env;
  #socket;
  #handlers;
  #timers = new Set();
  #asked = [];
  #quiet;
  #patience;
  isLost = false;
  /** When JOINED came. */
  joinedAt;
  /** An error after which a close is final. */
  refusal;

  constructor(env, url, handlers) {
    this.#env = env;
    this.#handlers = handlers;
    this.#socket = new env.WebSocket(url);
    this.#socket.onopen = () => this.isLost || handlers.onOpen(this);
    this.#socket.onmessage = ({ data }) => this.#receive(data);
    this.#socket.onclose = () => this.lose("the connection broke");
    // What follows is a close.
    this.#socket.onerror = () => undefined;
    this.#patience = this.after(PATIENCE, () => this.lose("nobody answered"));
  }

  /** Calls `work` in `ms` milliseconds if the connection still stands. What is returned takes it back. */
  after(ms, work) {
    const timer = this.#env.setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, ms);
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
      this.#env.clearTimeout(timer);
    };
  }

  joined(now) {
    this.joinedAt = now;
    this.#patience();
    this.after(RENEW_AFTER + this.#env.random() * RENEW_SPREAD, () => this.lose(RENEWED));
    this.#pingLater();
  }

  send(frame) {
    this.#socket.send(JSON.stringify(frame));
  }

  /** Finds out whether anybody is there. */
  ping() {
    this.send({ type: "PING", t: this.#env.clock() });
    this.#quiet ??= this.after(PATIENCE, () => this.lose("nobody answered"));
  }

  /** Sends a HISTORY frame, and gives its answer. */
  ask(frame) {
    return new Promise((resolve, reject) => {
      this.#asked.push({ frame, resolve, reject });
      if (this.isLost) this.#refuseAll("the connection broke");
      else if (this.#asked.length === 1) this.#askNext();
    });
  }

  /** The question that is out, if any, has no answer. */
  refuse(error) {
    const asked = this.#asked.shift();
    asked?.timeout();
    asked?.reject(error);
    this.#askNext();
  }

  lose(reason) {
    if (this.isLost) return;
    this.isLost = true;
    for (const timer of this.#timers) this.#env.clearTimeout(timer);
    this.#socket.close();
    this.#refuseAll(reason);
    this.#handlers.onLost(this, reason);
  }

  #refuseAll(reason) {
    for (const { reject } of this.#asked.splice(0)) reject(new Error(reason));
  }

  #askNext() {
    const next = this.#asked[0];
    if (!next) return;
    next.timeout = this.after(PATIENCE, () => this.lose("nobody answered"));
    this.send(next.frame);
  }

  #pingLater() {
    this.after(PING_EVERY, () => {
      this.ping();
      this.#pingLater();
    });
  }

  #receive(data) {
    this.#quiet?.();
    this.#quiet = undefined;
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      frame = { type: "ERROR", code: "BAD_JSON", content: "The server sent a frame that cannot be read." };
    }
    if (frame?.type === "HISTORY") {
      const asked = this.#asked.shift();
      asked?.timeout();
      asked?.resolve(frame);
      this.#askNext();
    } else if (frame) this.#handlers.onFrame(this, frame);
  }
}
