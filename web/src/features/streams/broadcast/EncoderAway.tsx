import type { Stream } from "../../../api/client";
import { formatDuration } from "../../../lib/format";
import { texts } from "../../../lib/texts";
import { leftUntil } from "./signal";
import { useNow } from "./useNow";

const { away } = texts.broadcast;

const clockOf = (time: string) => new Date(time).toLocaleTimeString("en-GB");

/** How long a stream without its encoder has, and what happens then. */
export function EncoderAway({ stream }: { stream: Stream }) {
  const { state, since, graceUntil, windowUntil } = stream.ingest;
  const now = useNow(true);
  const isGrace = state === "RECONNECTING";
  const until = isGrace ? graceUntil : windowUntil;
  if (!until) return null;
  // Rounded up: zero is said only once it is over.
  const left = formatDuration(Math.ceil(leftUntil(until, now) / 1000) * 1000);
  const whole = stream.reconnectWindowSeconds * 1000;
  const afterGrace = since && graceUntil ? Date.parse(since) + whole - Date.parse(graceUntil) : 0;
  return (
    <div className="flex flex-col gap-1 rounded-lg border border-warn p-4">
      <p className="font-bold text-lg text-warn tabular-nums" data-testid="countdown">
        {isGrace ? away.grace(left) : away.lost(left)}
      </p>
      <p role="status">{isGrace ? away.graceWords(clockOf(until)) : away.lostWords(clockOf(until))}</p>
      {isGrace && <p>{afterGrace > 0 ? away.afterwards(formatDuration(afterGrace)) : away.afterwardsEnds}</p>}
      <p className="text-quiet">{away.what}</p>
    </div>
  );
}
