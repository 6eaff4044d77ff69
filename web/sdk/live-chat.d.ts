// Types of live-chat.js. Frames are those of the room, with their fields in snake_case; names and contents are text,
// never markup. Times in frames are RFC 3339, durations are milliseconds unless their name says otherwise.

/** A message of the room. */
export interface ChatMessage {
  type: "CHAT_BROADCAST";
  stream_id: string;
  user_id: string;
  username: string;
  /** At most 200 Unicode scalar values. */
  content: string;
  timestamp: string;
  id: string;
  /** Made by the client that wrote it. */
  client_id?: string;
  /** `owner`, `moderator`; absent when there is none. */
  roles?: string[];
}

/** A message of this client that the room has not acknowledged. */
export interface PendingMessage {
  client_id: string;
  content: string;
  stream_id: string;
  user_id: string;
  username: string;
  timestamp: string;
}

/** The answer to a client's entrance. */
export interface Joined {
  type: "JOINED";
  stream_id: string;
  /** Open connections of the room. */
  count: number;
  timestamp: string;
  /** This client, as the room knows it: `guest:...` for guests. */
  user_id?: string;
  username?: string;
  roles?: string[];
  /** Whether this client may write now. */
  can_write?: boolean;
  /** Status of the stream. */
  status?: string;
  /** Seconds between two messages of one person, 0 is no bound; what held up to five seconds ago. */
  slow_mode?: number;
  /** Oldest first; each of them is also told to `onChat`. */
  history?: ChatMessage[];
  more?: boolean;
}

export interface StreamStatus {
  type: "STREAM_STATUS";
  stream_id: string;
  status: string;
  state: string;
  ingest: unknown;
  timestamp: string;
}

/** How the stream comes in; only its owner is told. */
export interface IngestStats {
  type: "INGEST_STATS";
  bitrate_kbps: number;
  fps: number;
  width: number;
  height: number;
  drift_ms: number;
  timestamp: string;
}

/**
 * What the room refused, or what this client did not send: then the code is `EMPTY`, `TOO_LONG`, `NOT_SENT` (older than
 * 9 minutes) or `CLOSED`.
 */
export interface ChatError {
  type: "ERROR";
  /**
   * `RATE_LIMITED TOO_LONG EMPTY BAD_JSON UNKNOWN_TYPE FORBIDDEN BANNED SLOW_MODE CHAT_CLOSED NOT_FOUND UNAVAILABLE`, or
   * the above.
   */
  code?: string;
  /** One sentence. */
  content: string;
  timestamp?: string;
  retry_after_ms?: number;
  client_id?: string;
}

/**
 * `connecting` before the room has answered for the first time, `open` from then on, `reconnecting` after a break, `closed`
 * for good.
 */
export type ConnectionState = "connecting" | "open" | "reconnecting" | "closed";

export interface ConnectionDetail {
  /** With `reconnecting`: when the next try begins. */
  retryInMs?: number;
  /** What went wrong, where something did. */
  error?: unknown;
  /** With `closed`: `CLOSED` by this page, `CHAT_CLOSED`, `BANNED`, `FORBIDDEN`, or the HTTP status of a refused ticket. */
  reason?: string;
}

/** The answer of `POST /api/v1/streams/{id}/chat-ticket`. */
export interface ChatTicket {
  ticket: string;
  /** Complete, good for one connection. */
  wsUrl: string;
  /** Seconds. */
  expiresIn: number;
}

/** Why there is no ticket. 403, 404 and 410 end the chat; with others it is asked for again, not before `retryAfterMs`. */
export class TicketError extends Error {
  constructor(status: number, retryAfterMs?: number);
  readonly status: number;
  readonly retryAfterMs: number;
}

/** Without `ticket`, `accessToken` and `apiUrl` the client enters as a guest. */
export interface LiveChatOptions {
  /** Gets a ticket, one for each connection. The API is asked when this is absent. */
  ticket?: () => Promise<ChatTicket>;
  /**
   * The caller's access token; asked for before each ticket. None is an anonymous ticket: another guest with each
   * connection, who writes where the room's mode is `OPEN`.
   */
  accessToken?: () => Promise<string | undefined> | string | undefined;
  /** Where the API is, `https://host`; `""` is the page's own. The base URL's host when absent. */
  apiUrl?: string;
  /** For runtimes without a `WebSocket` of their own. */
  WebSocket?: new (
    url: string,
  ) => WebSocket;
  fetch?: typeof fetch;
  /** Milliseconds since 1970. */
  clock?: () => number;
  /** From 0 to below 1. */
  random?: () => number;
  /** A fresh `client_id`, which alone tells own messages from others': nobody may guess it. 128 random bits when absent. */
  makeId?: () => string;
  setTimeout?: (work: () => void, ms: number) => unknown;
  clearTimeout?: (timer: never) => void;
  /** Tells `online` when the network is back; the page's `window` when absent. */
  events?: EventTarget;
}

/**
 * A client of one room. It connects when it is made and comes back by itself. Override or assign the `on...` methods; what
 * they throw reaches the page's error handler.
 */
export class LiveChat {
  constructor(
    streamId: string,
    userId?: string,
    username?: string,
    baseUrl?: string,
    options?: LiveChatOptions,
  );

  readonly streamId: string;
  readonly userId: string | undefined;
  readonly username: string | undefined;
  /** `ws://host` or `wss://host`. */
  readonly baseUrl: string | undefined;
  get state(): ConnectionState;

  /**
   * Sends a message as soon as it may be sent, over as many connections as it takes. Answers its `client_id`, or null when
   * `onFailed` has been told already.
   */
  send(content: string): string | null;
  /** Asks for a message to go, as a moderator. Whether it could be asked: `onDeleted` or `onError` is the answer. */
  delete(id: string): boolean;
  /**
   * The messages before the oldest one known, oldest first; `onChat` is not told. `more` says whether there are older ones.
   * Rejects while there is no connection.
   */
  loadOlder(): Promise<{ messages: ChatMessage[]; more: boolean }>;
  /** Ends for good; what was not acknowledged fails. */
  close(): void;
  /** The same as `close`. */
  disconnect(): void;

  /** A message of anybody, own ones too: exactly once each. */
  onChat(message: ChatMessage): void;
  /** Open connections of the room, at most once in 3 seconds. */
  onViewerUpdate(count: number): void;
  /** After each connect. */
  onJoined(room: Joined): void;
  onStatus(status: StreamStatus): void;
  onIngest(stats: IngestStats): void;
  onDeleted(id: string): void;
  onBanned(userId: string, until?: string): void;
  /** Seconds between two messages of one person; 0 is no bound. */
  onSlowMode(seconds: number): void;
  onError(error: ChatError): void;
  onConnection(state: ConnectionState, detail: ConnectionDetail): void;
  /** An own message is on its way: show it. */
  onPending(message: PendingMessage): void;
  /** It is stored: take the pending one away. `onChat` follows with the same message unless it was told before. */
  onSent(message: ChatMessage): void;
  /** It will not be sent. */
  onFailed(message: PendingMessage, error: ChatError): void;
}
