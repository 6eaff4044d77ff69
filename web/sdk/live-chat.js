// The chat of one stream over one WebSocket at a time: it comes back by itself, shows each message once and loses none.
// No dependencies; live-chat.d.ts says what every option, method and callback means. All times are milliseconds.
import { Link, PATIENCE, RENEWED } from "./live-chat/link.js";
import { Outbox } from "./live-chat/outbox.js";
import { inOrder, Timeline } from "./live-chat/timeline.js";

/** Unicode scalar values of a message at most, after trimming and NFC. */
const LONGEST = 200;
/** Between two looks at messages that are not acknowledged. */
const LOOK = 250;

/** Pauses before a new try, at least and at most. */
const [FIRST_PAUSE, LONGEST_PAUSE] = [500, 30_000];
/** The longest pause that a server can ask for. */
const LONGEST_ASKED = 600_000;
/** A connection that lasted this long ends a row of failures. */
const HEALTHY = 30_000;

/** A close this soon after one of these errors is meant. */
const FINAL_WITHIN = 10_000;
const FINAL_CODES = ["CHAT_CLOSED", "FORBIDDEN"];
/** A room that does not know a connection closes it sooner than this. */
const CLOSES_WITHIN = 5_000;
const FINAL_STATUSES = [403, 404, 410];

/** Why there is no ticket. A `ticket` function of your own may throw it too. */
export class TicketError extends Error {
  constructor(status, retryAfterMs = 0) {
    super(`no chat ticket: the server answered ${status}`);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

const listOf = (value) =>
  Array.isArray(value) ? value.filter((item) => item && typeof item === "object") : [];

/** A pause that a server asks for, as far as it is one. */
const askedPause = (ms) => Math.min(Math.max(Number(ms) || 0, 0), LONGEST_ASKED);

/** 128 random bits; `crypto.randomUUID` is missing on pages without TLS. */
function randomId() {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A client of one room. It connects when it is made; override or assign the `on...` methods. */
export class LiveChat {
  #env;
  #options;
  #state = "connecting";
  #timeline = new Timeline();
  #outbox = new Outbox();
  #link;
  #failures = 0;
  /** Set between two tries. */
  #pause;
  #look;
  /** Own id as the room knows it; guests with anonymous tickets get another one with each connection. */
  #self;
  /** What arrives while history is not complete: messages, and news about messages. */
  #held = { messages: [], news: [] };
  /** Messages were left out since history was asked last. */
  #isGap = false;
  #older;
  #online = () => this.#networkIsBack();

  constructor(streamId, userId, username, baseUrl, options = {}) {
    Object.assign(this, { streamId, userId, username, baseUrl });
    this.#options = options;
    this.#env = {
      WebSocket: options.WebSocket ?? globalThis.WebSocket,
      fetch: options.fetch ?? ((...request) => globalThis.fetch(...request)),
      clock: options.clock ?? Date.now,
      random: options.random ?? Math.random,
      makeId: options.makeId ?? randomId,
      setTimeout: options.setTimeout ?? ((work, ms) => globalThis.setTimeout(work, ms)),
      clearTimeout: options.clearTimeout ?? ((timer) => globalThis.clearTimeout(timer)),
      events: options.events ?? globalThis.window,
    };
    this.#env.events?.addEventListener?.("online", this.#online);
    this.#connect();
  }

  onChat(_message) {}
  onViewerUpdate(_count) {}
  onJoined(_room) {}
  onStatus(_status) {}
  onIngest(_stats) {}
  onDeleted(_id) {}
  onBanned(_userId, _until) {}
  onSlowMode(_seconds) {}
  onError(_error) {}
  onConnection(_state, _detail) {}
  onPending(_message) {}
  onSent(_message) {}
  onFailed(_message, _error) {}

  get state() {
    return this.#state;
  }

  /** Answers the `client_id` that the callbacks will name, or null when `onFailed` has been told already. */
  send(content) {
    const text = String(content ?? "");
    const message = {
      client_id: this.#env.makeId(),
      content: (text.toWellFormed?.() ?? text).trim().normalize("NFC"),
      stream_id: this.streamId,
      user_id: this.#self ?? this.userId,
      username: this.username,
      timestamp: new Date(this.#env.clock()).toISOString(),
    };
    const problem = this.#problemOf(message.content);
    if (problem) {
      this.#tell("onFailed", message, problem);
      return null;
    }
    this.#outbox.add(message, this.#env.clock());
    this.#tell("onPending", message);
    this.#pump();
    return message.client_id;
  }

  /** Asks for a message to go. Whether it could be asked; the answer is `onDeleted` for all, or `onError`. */
  delete(id) {
    if (this.#state !== "open") return false;
    this.#link.send({ type: "DELETE", id });
    return true;
  }

  /** Messages before the oldest one known, oldest first. Rejects while there is no connection. */
  loadOlder() {
    this.#older ??= this.#loadOlder().finally(() => {
      this.#older = undefined;
    });
    return this.#older;
  }

  /** Ends for good. */
  close() {
    this.#finish("CLOSED");
  }

  /** The name that older pages know. */
  disconnect() {
    this.close();
  }

  #problemOf(content) {
    const error = (code, words) => ({ type: "ERROR", code, content: words });
    if (this.#state === "closed") return error("CLOSED", "The chat is closed.");
    if (content === "") return error("EMPTY", "A message needs text.");
    if ([...content].length > LONGEST)
      return error("TOO_LONG", `A message has at most ${LONGEST} characters.`);
    return undefined;
  }

  /** Whatever a callback throws reaches the page's error handler, and breaks nothing here. */
  #tell(callback, ...news) {
    try {
      this[callback](...news);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  #become(state, detail = {}) {
    this.#state = state;
    this.#tell("onConnection", state, detail);
  }

  async #connect() {
    let failure;
    try {
      const url = await this.#address();
      if (this.#state === "closed") return;
      this.#link = new Link(this.#env, url, {
        onOpen: (link) => this.#greet(link, this.#timeline.last?.id),
        onFrame: (link, frame) => this.#take(link, frame),
        onLost: (link, reason) => this.#lost(link, reason),
      });
      return;
    } catch (error) {
      failure = error;
    }
    if (FINAL_STATUSES.includes(failure?.status)) this.#finish(String(failure.status), failure);
    else this.#retry({ atLeast: failure?.retryAfterMs, error: failure });
  }

  /** Where to connect: as a guest who says who they are, or with a ticket that is good for one connection. */
  async #address() {
    const { ticket, accessToken, apiUrl } = this.#options;
    if (!ticket && !accessToken && apiUrl === undefined) {
      const [stream, user] = [this.streamId, this.userId].map(encodeURIComponent);
      const name = this.username ? `&username=${encodeURIComponent(this.username)}` : "";
      return `${this.baseUrl}/ws/live/${stream}?user_id=${user}${name}&batch=1`;
    }
    let timer;
    const late = new Promise((_, reject) => {
      timer = this.#env.setTimeout(() => reject(new Error("no chat ticket: nobody answered")), PATIENCE);
    });
    try {
      const { wsUrl } = await Promise.race([ticket ? ticket() : this.#ticket(), late]);
      return `${wsUrl}${wsUrl.includes("?") ? "&" : "?"}batch=1`;
    } finally {
      this.#env.clearTimeout(timer);
    }
  }

  async #ticket() {
    const token = await this.#options.accessToken?.();
    const api = this.#options.apiUrl ?? (this.baseUrl ?? "").replace(/^ws/, "http");
    const response = await this.#env.fetch(
      `${api}/api/v1/streams/${encodeURIComponent(this.streamId)}/chat-ticket`,
      { method: "POST", headers: token ? { authorization: `Bearer ${token}` } : {} },
    );
    if (response.ok) return response.json();
    throw new TicketError(response.status, Number(response.headers.get("retry-after")) * 1_000 || 0);
  }

  #greet(link, after) {
    link.greetedWith = after;
    link.send(after === undefined ? { type: "HELLO" } : { type: "HELLO", after });
  }

  #lost(link, reason) {
    if (this.#state === "closed") return;
    this.#hold();
    const now = this.#env.clock();
    if (link.refusal && now - link.refusal.at < FINAL_WITHIN) {
      this.#finish(link.refusal.code);
      return;
    }
    if (link.joinedAt !== undefined && now - link.joinedAt >= HEALTHY) this.#failures = 0;
    this.#retry({ atLeast: link.retryAfterMs, error: new Error(reason), isAtOnce: reason === RENEWED });
  }

  #retry({ atLeast = 0, error, isAtOnce = false }) {
    if (this.#state === "closed") return;
    const ceiling = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** ++this.#failures);
    const pause = FIRST_PAUSE + this.#env.random() * (ceiling - FIRST_PAUSE);
    const retryInMs = isAtOnce ? 0 : Math.max(askedPause(atLeast), pause);
    this.#pause = this.#env.setTimeout(() => this.#endPause(), retryInMs);
    this.#become("reconnecting", { retryInMs, error });
  }

  #endPause() {
    this.#env.clearTimeout(this.#pause);
    this.#pause = undefined;
    this.#connect();
  }

  #networkIsBack() {
    if (this.#pause !== undefined) this.#endPause();
    else if (this.#state === "open") this.#link.ping();
  }

  #finish(reason, error) {
    if (this.#state === "closed") return;
    this.#state = "closed";
    for (const timer of [this.#pause, this.#look]) this.#env.clearTimeout(timer);
    this.#env.events?.removeEventListener?.("online", this.#online);
    this.#link?.lose(reason);
    const problem = this.#problemOf("");
    for (const message of this.#outbox.expire()) this.#tell("onFailed", message, problem);
    this.#become("closed", { reason, error });
  }

  #take(link, frame) {
    if (link.isLost) return;
    switch (frame.type) {
      case "BATCH":
        if (frame.skipped > 0) this.#findGap(link);
        for (const inner of listOf(frame.messages)) if (inner.type !== "BATCH") this.#take(link, inner);
        break;
      case "JOINED":
        this.#join(link, frame);
        break;
      case "CHAT_BROADCAST":
        if (this.#held) this.#held.messages.push(frame);
        else this.#show(frame);
        break;
      case "VIEW_UPDATE":
        this.#tell("onViewerUpdate", frame.count);
        break;
      case "MESSAGE_DELETED":
        this.#tellInTurn("onDeleted", frame.id);
        break;
      case "USER_BANNED":
        if (this.#self !== undefined && frame.user_id === this.#self) this.#expectEnd(link, "BANNED");
        this.#tellInTurn("onBanned", frame.user_id, frame.until);
        break;
      case "SLOW_MODE":
        this.#tell("onSlowMode", frame.seconds);
        break;
      case "STREAM_STATUS":
        this.#tell("onStatus", frame);
        break;
      case "INGEST_STATS":
        this.#tell("onIngest", frame);
        break;
      case "ERROR":
        this.#takeError(link, frame);
        break;
    }
  }

  #takeError(link, error) {
    this.#tell("onError", error);
    if (link.isLost) return;
    const { code, client_id: id } = error;
    if (code === "RATE_LIMITED") {
      link.retryAfterMs = error.retry_after_ms;
      link.lose("rate limited");
      return;
    }
    // A guest who may only read gets FORBIDDEN for a message, and stays.
    if (FINAL_CODES.includes(code) && !(code === "FORBIDDEN" && id)) this.#expectEnd(link, code);
    if (id) this.#takeRefusal(link, id, error);
    else if (code === "NOT_FOUND") {
      // The message to go on from is gone.
      if (link.joinedAt === undefined && link.greetedWith !== undefined) this.#greet(link);
      else link.refuse(Object.assign(new Error(error.content), { code }));
    }
    // The close comes with it. Nobody is let in again, and guests would not be told why.
    if (code === "BANNED") this.#finish(code);
  }

  /** What becomes of a message that the room has not taken. */
  #takeRefusal(link, id, error) {
    switch (error.code) {
      case "UNAVAILABLE": {
        const pause = Math.max(askedPause(error.retry_after_ms), FIRST_PAUSE);
        this.#outbox.putBack(id, this.#env.clock(), pause);
        break;
      }
      case "NOT_FOUND":
        // It is the connection that is not known, and the next one sends the message; or, if this one stays, the message
        // was stored before and has been deleted.
        link.after(CLOSES_WITHIN, () => this.#fail(id, error));
        break;
      default:
        this.#fail(id, error);
    }
  }

  #fail(id, error) {
    const message = this.#outbox.settle(id, this.#env.clock());
    if (message) this.#tell("onFailed", message, error);
  }

  /** A close soon after this is meant. */
  #expectEnd(link, code) {
    link.refusal = { code, at: this.#env.clock() };
  }

  #join(link, room) {
    if (typeof room.count === "number") this.#tell("onViewerUpdate", room.count);
    // The short form greets clients that never say HELLO; the answer to ours tells who we are.
    if (link.joinedAt !== undefined || (room.user_id === undefined && !Array.isArray(room.history))) return;
    link.joined(this.#env.clock());
    this.#self = room.user_id ?? this.#self;
    this.#isGap = false;
    this.#outbox.restart();
    this.#become("open");
    this.#tell("onJoined", room);
    const messages = listOf(room.history);
    if (!this.#timeline.last) this.#timeline.floor = messages[0];
    this.#catchUp(link, { messages, more: room.more });
  }

  /** Messages were left out before what comes now, which waits for them. */
  #findGap(link) {
    this.#isGap = true;
    if (this.#held) return;
    this.#hold();
    this.#catchUp(link, {}, this.#timeline.anchor());
  }

  #hold() {
    this.#held ??= { messages: [], news: [] };
  }

  /** Shows `page` and all that follows it in the history, then what was held meanwhile. */
  async #catchUp(link, page, after) {
    let next = page;
    let from = after;
    try {
      for (;;) {
        const messages = listOf(next.messages).sort(inOrder);
        for (const message of messages) this.#showAgain(message);
        const end = messages.at(-1)?.id;
        // A page that ends where it was to begin leads nowhere. What was left out since is asked for anyway.
        const goesOn = this.#isGap || (next.more && end !== undefined && end !== from);
        if (!goesOn) break;
        from = end ?? from;
        this.#isGap = false;
        next = await link.ask({ type: "HISTORY", after: from });
      }
    } catch (error) {
      // The next connection goes on where this one ended.
      if (link.isLost) return;
      if (from !== undefined) {
        this.#isGap = true;
        this.#catchUp(link, {});
        return;
      }
      this.#tell("onError", { type: "ERROR", code: error.code, content: error.message });
    }
    if (!link.isLost) this.#release();
  }

  #release() {
    const { messages, news } = this.#held ?? { messages: [], news: [] };
    this.#held = undefined;
    for (const message of messages.sort(inOrder)) this.#show(message);
    for (const tell of news) tell();
    this.#pump();
  }

  #tellInTurn(...news) {
    if (this.#held) this.#held.news.push(() => this.#tell(...news));
    else this.#tell(...news);
  }

  #showAgain(message) {
    const { floor } = this.#timeline;
    const isNew = !floor || inOrder(message, floor) >= 0;
    // Several clocks stamp messages: an own one may seem older than the room it was said in.
    if (isNew || this.#outbox.has(message.client_id)) this.#show(message);
  }

  #show(message) {
    if (this.#state === "closed") return;
    // The user id proves nothing: after a cut this client may be another guest.
    if (this.#outbox.settle(message.client_id, this.#env.clock())) this.#tell("onSent", message);
    if (this.#timeline.admit(message)) this.#tell("onChat", message);
  }

  async #loadOlder() {
    if (this.#state !== "open") throw new Error("there is no connection");
    const before = this.#timeline.oldest;
    if (!before) return { messages: [], more: false };
    const page = await this.#link.ask({ type: "HISTORY", before: before.id });
    const messages = listOf(page.messages).sort(inOrder);
    if (messages[0]) this.#timeline.oldest = messages[0];
    return { messages: messages.filter(({ id }) => !this.#timeline.has(id)), more: page.more === true };
  }

  /** Sends what may be sent, and gives up what is too old. */
  #pump() {
    this.#env.clearTimeout(this.#look);
    if (this.#state === "closed") return;
    const now = this.#env.clock();
    for (const message of this.#outbox.expire(now)) {
      const content = "The message could not be sent.";
      this.#tell("onFailed", message, { type: "ERROR", code: "NOT_SENT", content });
    }
    if (this.#state === "open" && !this.#held) {
      for (const { content, client_id } of this.#outbox.due(now)) {
        this.#link.send({ type: "CHAT", content, client_id });
      }
    }
    if (!this.#outbox.isEmpty) this.#look = this.#env.setTimeout(() => this.#pump(), LOOK);
  }
}
