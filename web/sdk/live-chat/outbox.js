// Messages on their way: when each may be sent, sent again or must be given up. All times are milliseconds.

/** A room takes 5 messages per second and connection; one is left for what else the connection may say. */
const SLOTS = 4;
/** How long the server counts a message towards that limit. */
const WINDOW = 1_000;
/** A message without an echo is sent again after this time: the server knows it by its `client_id`. */
const RESEND = 10_000;
/** The server knows a `client_id` for 10 minutes; a later resend would be a second message. */
const RESENDABLE = 540_000;

/** Messages without an acknowledgement, in the order they were written. */
export class Outbox {
  #entries = new Map();
  /** When the server took the last ones, at the latest. */
  #taken = [];
  /** Nothing is sent before this time. */
  #restsUntil = 0;

  get isEmpty() {
    return this.#entries.size === 0;
  }

  has(id) {
    return this.#entries.has(id);
  }

  add(message, now) {
    this.#entries.set(message.client_id, { message, madeAt: now, sentAt: undefined });
  }

  /** Takes a message out that the server has answered. */
  settle(id, now) {
    const entry = this.#entries.get(id);
    if (!entry) return undefined;
    this.#entries.delete(id);
    if (entry.sentAt !== undefined) this.#taken.push(now);
    return entry.message;
  }

  /** A message that the server could not take is to be sent again after a pause. So are all others, to keep their order. */
  putBack(id, now, pause) {
    const entry = this.#entries.get(id);
    if (!entry) return;
    if (entry.sentAt !== undefined) this.#taken.push(now);
    entry.sentAt = undefined;
    this.#restsUntil = Math.max(this.#restsUntil, now + pause);
  }

  /** Takes out those too old to be sent again, or all. */
  expire(now = Number.POSITIVE_INFINITY) {
    const old = [...this.#entries.values()].filter(({ madeAt }) => now - madeAt >= RESENDABLE);
    for (const { message } of old) this.#entries.delete(message.client_id);
    return old.map(({ message }) => message);
  }

  /** A new connection: everything is to be sent again. */
  restart() {
    for (const entry of this.#entries.values()) entry.sentAt = undefined;
  }

  /**
   * What may be sent now. A message counts from being sent until WINDOW after its answer, so however the network delays
   * and bunches them, the server never sees too many.
   */
  due(now) {
    if (now < this.#restsUntil) return [];
    this.#taken = this.#taken.filter((at) => now - at < WINDOW);
    const entries = [...this.#entries.values()];
    const late = entries.filter(({ sentAt }) => sentAt !== undefined && now - sentAt >= RESEND);
    const waiting = entries.filter(({ sentAt }) => sentAt === undefined);
    const free = SLOTS - this.#taken.length - (entries.length - waiting.length);
    const due = [...late, ...waiting.slice(0, Math.max(free, 0))];
    for (const entry of due) entry.sentAt = now;
    return due.map(({ message }) => message);
  }
}
