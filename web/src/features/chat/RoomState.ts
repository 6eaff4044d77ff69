// What a room is, as the page shows it.
import type { ConnectionState, IngestStats } from "../../../sdk/live-chat.js";
import type { Message } from "./MessageLog";
import type { Draft } from "./Outgoing";

/** Who this client is in the room; nobody for somebody who only reads. */
export type Self = { userId: string; username: string; roles: readonly string[] };

export type RoomState = {
  /** Oldest first. */
  messages: readonly Message[];
  /** Own messages that the room has not taken. */
  drafts: readonly Draft[];
  connection: ConnectionState;
  /** While reconnecting: when the next try begins, in milliseconds since 1970. */
  retryAt: number | undefined;
  /** Why the connection is closed for good, or the last ticket was refused; a code. */
  reason: string | undefined;
  /** Until when this client is banned, where it was told: RFC 3339. */
  bannedUntil: string | undefined;
  self: Self | undefined;
  canWrite: boolean;
  /** Whether the room has said that it is closed. */
  isClosed: boolean;
  /** Seconds between two messages of one person; 0 is no bound. */
  slowMode: number;
  /** Nothing is to be sent before: milliseconds since 1970, and why. */
  wait: { until: number; why: "slow" | "fast" } | undefined;
  /** Whether the first messages are here, or known to be none. */
  isEntered: boolean;
  /** What is before the oldest message: more, a page on its way, a page that failed, nothing. */
  older: "more" | "loading" | "failed" | "none";
};

export type RoomNews = {
  onViewers?: ((count: number) => void) | undefined;
  onStatus?: (() => void) | undefined;
  onIngest?: ((stats: IngestStats) => void) | undefined;
};

/** Before anything is known. */
export const START: RoomState = {
  messages: [],
  drafts: [],
  connection: "connecting",
  retryAt: undefined,
  reason: undefined,
  bannedUntil: undefined,
  self: undefined,
  canWrite: false,
  isClosed: false,
  slowMode: 0,
  wait: undefined,
  isEntered: false,
  older: "none",
};
