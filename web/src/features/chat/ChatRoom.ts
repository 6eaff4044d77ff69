// A room as the page shows it: the socket's news gathered outside React, and told once per frame.
import {
  type ChatError,
  type ConnectionDetail,
  type ConnectionState,
  type Joined,
  LiveChat,
} from "../../../sdk/live-chat.js";
import { historyOf, ticketOf } from "./history";
import { type Message, MessageLog } from "./MessageLog";
import { type Draft, Outgoing } from "./Outgoing";
import { type RoomNews, type RoomState, START } from "./RoomState";
import { Ticker } from "./Ticker";

/** Messages that come with entering; fewer are all there are. */
const ENTERED_WITH = 50;

export class ChatRoom {
  /** Who is told of the viewers and the stream. */
  news: RoomNews = {};
  #state: RoomState = START;
  #next: Partial<RoomState> = {};
  #log = new MessageLog();
  #isLogChanged = false;
  #outgoing = new Outgoing();
  #chat: LiveChat | undefined;
  #network = new EventTarget();
  #isReading = false;
  #enteredAt: string | undefined;
  #listeners = new Set<() => void>();
  #hearers = new Set<(message: Message) => void>();
  #ticker = new Ticker(() => this.#draw());

  constructor(readonly streamId: string) {}

  /** Enters; what is returned leaves. Without a socket where the room has nothing new to say. */
  enter(isLive: boolean): () => void {
    const retry = () => this.#network.dispatchEvent(new Event("online"));
    window.addEventListener("online", retry);
    if (isLive) this.#connect();
    else {
      this.#change({ connection: "closed", isClosed: true });
      void this.#readHistory();
    }
    return () => {
      window.removeEventListener("online", retry);
      this.#chat?.close();
      this.#chat = undefined;
      this.#ticker.stop();
    };
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly state = (): RoomState => this.#state;

  /** Tells each message that others say from now on. */
  hear(hearer: (message: Message) => void): () => void {
    this.#hearers.add(hearer);
    return () => this.#hearers.delete(hearer);
  }

  send(content: string): void {
    if (!this.#chat) return;
    this.#chat.send(content);
    this.#showDrafts();
  }

  sendAgain(draft: Draft): void {
    this.discard(draft);
    this.send(draft.content);
  }

  discard(draft: Draft): void {
    this.#outgoing.settle(draft.clientId);
    this.#showDrafts();
  }

  /** Does not wait for the next try's time. */
  reconnectNow(): void {
    this.#network.dispatchEvent(new Event("online"));
  }

  /** After a ban or a refusal: as if the page were new, with what it shows. */
  enterAgain(): void {
    const former = this.#chat;
    this.#chat = undefined;
    former?.close();
    this.#change({ reason: undefined, bannedUntil: undefined, connection: "connecting", retryAt: undefined });
    this.#connect();
  }

  /** Somebody reads older messages: they stay until nobody does. */
  set isReading(isReading: boolean) {
    this.#isReading = isReading;
  }

  /** A message is gone: nobody needs to wait for the room to say so. */
  forget(id: string): void {
    if (this.#log.remove(id)) this.#showMessages();
  }

  /** What holds now: the stream and the room's news tell it, for a room that is entered may remember what held before. */
  setSlowMode(slowMode: number): void {
    this.#change({ slowMode });
    // Nobody waits for what does not hold any more.
    if (slowMode === 0 && this.#now("wait")?.why === "slow") this.#change({ wait: undefined });
  }

  async loadOlder(): Promise<void> {
    const { oldest } = this.#log;
    if (!oldest || this.#now("older") === "loading") return;
    this.#change({ older: "loading" });
    try {
      const { messages, hasMore } = await historyOf(this.streamId, oldest.id);
      this.#log.addOlder(messages);
      this.#showMessages();
      this.#change({ older: hasMore ? "more" : "none" });
    } catch {
      this.#change({ older: "failed" });
    }
  }

  #connect(): void {
    const options = { ticket: () => ticketOf(this.streamId), events: this.#network };
    const chat = new LiveChat(this.streamId, undefined, undefined, undefined, options);
    this.#chat = chat;
    chat.onConnection = (state, detail) => chat === this.#chat && this.#connected(state, detail);
    chat.onJoined = (room) => this.#joined(room);
    chat.onChat = ({ id, user_id: userId, username, content, roles = [], timestamp }) =>
      this.#said({ id, userId, username, content, roles, timestamp });
    chat.onDeleted = (id) => this.forget(id);
    chat.onSlowMode = (seconds) => this.setSlowMode(seconds);
    chat.onBanned = (userId, until) =>
      userId === this.#now("self")?.userId && this.#change({ bannedUntil: until });
    chat.onViewerUpdate = (count) => this.news.onViewers?.(count);
    chat.onStatus = () => this.news.onStatus?.();
    chat.onIngest = (stats) => this.news.onIngest?.(stats);
    chat.onError = (error) => this.#refused(error);
    chat.onPending = (message) => this.#outgoing.add(message);
    chat.onSent = ({ client_id }) => {
      this.#outgoing.settle(client_id);
      this.#showDrafts();
      this.#slowDown(this.#now("slowMode") * 1000);
    };
    chat.onFailed = (message, error) => {
      this.#outgoing.fail(message, error.code);
      this.#showDrafts();
    };
  }

  #connected(connection: ConnectionState, { retryInMs = 0, reason, error }: ConnectionDetail): void {
    const code = (error as { code?: string } | undefined)?.code;
    const retryAt = connection === "reconnecting" ? Date.now() + retryInMs : undefined;
    this.#change({ connection, retryAt, reason: code ?? reason });
    // Where there is no socket there is a history still.
    if ((connection === "closed" || connection === "reconnecting") && !this.#now("isEntered"))
      void this.#readHistory();
  }

  #joined(room: Joined): void {
    const { user_id: userId, username, roles = [], history = [] } = room;
    const self = userId && username ? { userId, username, roles } : undefined;
    const canWrite = room.can_write ?? self !== undefined;
    this.#change({ self, canWrite, isClosed: false, reason: undefined });
    if (this.#enteredAt !== undefined) return void this.#settle();
    this.#enteredAt = room.timestamp;
    const hasMore = this.#log.size === 0 && history.length >= ENTERED_WITH;
    this.#change({ isEntered: true, ...(hasMore && { older: "more" }) });
  }

  #said(message: Message): void {
    if (!this.#log.add(message)) return;
    this.#showMessages();
    const isNew = this.#enteredAt !== undefined && message.timestamp > this.#enteredAt;
    if (isNew && message.userId !== this.#now("self")?.userId)
      for (const hearer of this.#hearers) hearer(message);
  }

  #refused({ code, retry_after_ms: pause = 0 }: ChatError): void {
    if (code === "CHAT_CLOSED") this.#change({ isClosed: true });
    // A room that was slow a moment ago may still say so.
    if (code === "SLOW_MODE" && this.#now("slowMode") > 0) this.#slowDown(pause);
    if (code === "RATE_LIMITED") this.#change({ wait: { until: Date.now() + pause, why: "fast" } });
  }

  #slowDown(pause: number): void {
    if (pause > 0 && !this.#now("self")?.roles.length)
      this.#change({ wait: { until: Date.now() + pause, why: "slow" } });
  }

  /** The first messages, without a socket. */
  async #readHistory(): Promise<void> {
    try {
      const { messages, hasMore } = await historyOf(this.streamId);
      this.#log.addOlder(messages);
      this.#showMessages();
      this.#change({ isEntered: true, older: hasMore ? "more" : "none" });
    } catch {
      // The words about the connection say it; entering it later brings them.
      this.#change({ older: "failed" });
    }
  }

  /** What was deleted during a cut was told to nobody here. */
  async #settle(): Promise<void> {
    const before = this.#log.ids();
    try {
      const { messages } = await historyOf(this.streamId);
      if (this.#log.settle(messages, before)) this.#showMessages();
    } catch {
      // Then they stay until the page is loaded again: nothing else depends on it.
    }
  }

  #showMessages(): void {
    this.#isLogChanged = true;
    this.#ticker.ask();
  }

  #showDrafts(): void {
    this.#change({ drafts: this.#outgoing.snapshot() });
  }

  /** A part of the state as it will be drawn next. */
  #now<Name extends keyof RoomState>(name: Name): RoomState[Name] {
    return { ...this.#state, ...this.#next }[name];
  }

  #change(change: Partial<RoomState>): void {
    Object.assign(this.#next, change);
    this.#ticker.ask();
  }

  #draw(): void {
    if (this.#log.trim(this.#isReading)) this.#next.older = "more";
    if (this.#isLogChanged) this.#next.messages = this.#log.snapshot();
    this.#isLogChanged = false;
    this.#state = { ...this.#state, ...this.#next };
    this.#next = {};
    for (const listener of this.#listeners) listener();
  }
}
