// How the connections of encoders ended, in words.
import type { Stream } from "../../../api/client";
import { formatDuration } from "../../../lib/format";
import { texts } from "../../../lib/texts";
import type { Session } from "./signal";
import type { HistoryEntry } from "./useSessions";

const { history: words } = texts.broadcast;

/** A text among what an event says; its shape depends on the event. */
function textOf(entry: HistoryEntry, name: string): string | undefined {
  const value: unknown = (entry.data as Record<string, unknown>)[name];
  return typeof value === "string" ? value : undefined;
}

const REASONS: Record<string, string> = {
  COMMAND: words.isStopped,
  RECONNECT_WINDOW: words.isLost,
  MAX_DURATION: words.isTooLong,
};

/** Why a session of `stream` was over: what came after its encoder went, or what ended the stream while it sent. */
function endAmong(session: Session, events: readonly HistoryEntry[]): string {
  const dropped = events.findIndex(
    (entry) => entry.name === "EncoderDropped" && textOf(entry, "ingestId") === session.id,
  );
  const stopping = events.find(({ name }) => name === "StreamStopping");
  if (dropped < 0) return REASONS[(stopping && textOf(stopping, "reason")) ?? ""] ?? words.isGone;
  const next = events.slice(dropped + 1).find(({ name }) => NEXT.includes(name));
  const since = Date.parse((events[dropped] && textOf(events[dropped], "since")) ?? "");
  const back = Date.parse((next && textOf(next, "startedAt")) ?? "");
  if (next?.name === "EncoderConnected" && back >= since)
    return words.isGoneFor(formatDuration(back - since));
  const reason = next && textOf(next, "reason");
  return reason === "RECONNECT_WINDOW" ? words.isLost : words.isGone;
}

/** What tells how it went on without the encoder. */
const NEXT = ["EncoderConnected", "StreamStopping"];

/** How a session ended, or what it does. `events` are those of `stream`. */
export function endOf(session: Session, stream: Pick<Stream, "id">, events: readonly HistoryEntry[]): string {
  if (session.trouble) return session.trouble;
  if (!session.endedAt) return session.startedAt ? words.isOn : words.isConnecting;
  if (!session.startedAt) return words.noPicture;
  return session.streamId === stream.id ? endAmong(session, events) : words.isGone;
}

/** What has happened, in one sentence; events that have no words are for programs. */
export function sentenceOf(entry: HistoryEntry): string | undefined {
  const sentence = words.events[entry.name];
  if (!sentence) return undefined;
  const reason = textOf(entry, "reason");
  if (!reason) return sentence;
  return words.eventOf(sentence, texts.broadcast.signal.overWhy[reason] ?? reason);
}
