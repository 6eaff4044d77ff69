import { Link } from "@tanstack/react-router";
import { type ReactNode, useId, useSyncExternalStore } from "react";
import type { Stream } from "../../../api/client";
import { formatDuration } from "../../../lib/format";
import { texts } from "../../../lib/texts";
import { Button } from "../../../ui/Button";
import { Card } from "../../../ui/Card";
import { Empty, Failure, Loading } from "../../../ui/States";
import { endOf } from "./history";
import { meanBitrate, type Sample, type SignalLog } from "./SignalLog";
import { StreamEvents } from "./StreamEvents";
import type { Session } from "./signal";
import { type HistoryEntry, useEvents, type useSessions } from "./useSessions";

const { history: words, health } = texts.broadcast;

type Props = { stream: Stream; sessions: ReturnType<typeof useSessions>; log: SignalLog };

/** Each connection of an encoder: when, how long, how it ended; and what has happened to the stream. */
export function SessionHistory({ stream, sessions, log }: Props) {
  const title = useId();
  const events = useEvents(stream);
  const samples = useSyncExternalStore(log.subscribe, log.samples);
  const items = sessions.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Card aria-labelledby={title}>
      <div>
        <h2 id={title} className="font-bold text-lg">
          {words.title}
        </h2>
        <p className="text-quiet">{words.words}</p>
      </div>
      {sessions.isPending && <Loading />}
      {sessions.isError && !sessions.data && (
        <Failure error={sessions.error} onRetry={() => sessions.refetch()} />
      )}
      {sessions.data && !items.length && <Empty title={words.empty} words={words.emptyWords} />}
      {items.length > 0 && (
        <ul className="flex flex-col">
          {items.map((session) => (
            <Row
              key={session.id}
              session={session}
              stream={stream}
              events={events.data ?? []}
              samples={samples}
            />
          ))}
        </ul>
      )}
      {sessions.hasNextPage && (
        <Button
          kind="plain"
          className="self-start"
          disabled={sessions.isFetchingNextPage}
          onClick={() => sessions.fetchNextPage()}
        >
          {sessions.isFetchingNextPage ? texts.common.loading : texts.common.showMore}
        </Button>
      )}
      <StreamEvents events={events} />
    </Card>
  );
}

const momentOf = (time: string) =>
  new Date(time).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });

type RowProps = {
  session: Session;
  stream: Stream;
  events: readonly HistoryEntry[];
  samples: readonly Sample[];
};

function Row({ session, stream, events, samples }: RowProps) {
  const { startedAt, streamId } = session;
  const name = streamId === stream.id ? words.thisStream : streamId ? words.otherStream : words.noStream;
  const signal = signalOf(session, samples);
  return (
    <li className="border-line border-t py-3 first:border-t-0">
      <dl className="grid grid-cols-2 gap-x-4 gap-y-2 md:grid-cols-[minmax(12rem,1.3fr)_repeat(3,1fr)_minmax(10rem,1.6fr)]">
        <Fact name={words.began}>{startedAt ? momentOf(startedAt) : words.noPicture}</Fact>
        <Fact name={words.lasted}>{lengthOf(session)}</Fact>
        <Fact name={words.stream}>
          {streamId && streamId !== stream.id ? (
            <Link to="/streams/$streamId/broadcast" params={{ streamId }} className="text-accent underline">
              {name}
            </Link>
          ) : (
            name
          )}
        </Fact>
        <Fact name={words.recording}>{recordingOf(session)}</Fact>
        <Fact name={words.ended}>{endOf(session, stream, events)}</Fact>
        {signal && (
          <Fact name={words.signal} className="md:col-span-2">
            {signal}
          </Fact>
        )}
      </dl>
    </li>
  );
}

function Fact({ name, className = "", children }: { name: string; className?: string; children: ReactNode }) {
  return (
    <div className={`min-w-0 ${className}`}>
      <dt className="text-quiet text-sm">{name}</dt>
      <dd className="tabular-nums [overflow-wrap:anywhere]">{children}</dd>
    </div>
  );
}

function lengthOf({ startedAt, endedAt, durationMs }: Session): string {
  if (durationMs != null) return formatDuration(durationMs);
  return startedAt && !endedAt
    ? words.soFar(formatDuration(Date.now() - Date.parse(startedAt)))
    : words.nothing;
}

function recordingOf({ isRecorded, recordingMs, endedAt }: Session): string {
  if (recordingMs) return formatDuration(recordingMs);
  if (!isRecorded) return words.noRecording;
  return endedAt ? words.isRecording : words.isOnTape;
}

/** Resolution and average bitrate, where the measurements of the session are still known. */
function signalOf({ startedAt, endedAt }: Session, samples: readonly Sample[]): string | undefined {
  if (!startedAt) return undefined;
  const [from, to] = [Date.parse(startedAt), endedAt ? Date.parse(endedAt) : Number.POSITIVE_INFINITY];
  const last = samples.findLast(({ at }) => Date.parse(at) >= from && Date.parse(at) <= to);
  const mean = meanBitrate(samples, from, to);
  if (!last || mean === undefined) return undefined;
  const size = last.width ? health.pixels(last.width, last.height) : "";
  return [size, words.mean(health.kbps(mean))].filter(Boolean).join(", ");
}
