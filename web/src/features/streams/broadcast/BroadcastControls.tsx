import type { Stream } from "../../../api/client";
import { HealthCard } from "./HealthCard";
import { SessionHistory } from "./SessionHistory";
import { SignalSteps } from "./SignalSteps";
import { StreamKey } from "./StreamKey";
import { isAwaited, useChannel, useSessions } from "./useSessions";
import type { Signal } from "./useSignal";

/** Everything its owner needs to broadcast a stream. */
export function BroadcastControls({ stream, signal }: { stream: Stream; signal: Signal }) {
  const { log, health } = signal;
  const sessions = useSessions(stream);
  const channel = useChannel(stream);
  const newest = sessions.data?.pages[0]?.items[0];
  const holder = isAwaited(stream) ? channel.data?.live.streamId : undefined;
  const busyWith = holder && holder !== stream.id ? holder : undefined;
  const isSending = stream.ingest.state === "CONNECTED";
  const isOver = stream.status === "ENDED";
  return (
    <div className="flex min-w-0 flex-col gap-6">
      <SignalSteps stream={stream} newest={newest} busyWith={busyWith} />
      {stream.startedAt && <HealthCard log={log} health={health} isComing={isSending} isOver={isOver} />}
      {!isOver && <StreamKey channelId={stream.channelId} isSending={isSending} />}
      <SessionHistory stream={stream} sessions={sessions} log={log} />
    </div>
  );
}
