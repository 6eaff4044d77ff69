import { useEffect, useState } from "react";
import type { Stream } from "../../../api/client";
import { texts } from "../../../lib/texts";
import type { Fit } from "../controls/Stage";
import { Board } from "./Board";
import { formatLeft } from "./countdown";

const words = texts.player;
/** A countdown says more than a date from this many seconds on. */
const NEAR = 7 * 86_400;

/** A stream that has not begun: when it will, and that nobody has to reload. */
export function Waiting({ stream, fit }: { stream: Stream; fit: Fit }) {
  const at = stream.status === "SCHEDULED" && stream.scheduledAt ? new Date(stream.scheduledAt) : undefined;
  return (
    <Board fit={fit} picture={stream.thumbnailUrl}>
      <p role="status" className="font-semibold text-lg">
        {stream.isOwner ? words.notYetOwner : words.notYet}
      </p>
      {at && <Countdown at={at} />}
      <p className="text-white/80">{words.startsByItself}</p>
    </Board>
  );
}

function Countdown({ at }: { at: Date }) {
  const left = useSecondsUntil(at.getTime());
  const date = at.toLocaleString([], { dateStyle: "full", timeStyle: "short" });
  return (
    <>
      {left <= 0 && <p>{words.startsSoon}</p>}
      {left > 0 && left < NEAR && (
        <p role="timer" className="font-bold text-3xl tabular-nums">
          {words.startsIn(formatLeft(left))}
        </p>
      )}
      {left > 0 && (
        <p>
          <time dateTime={at.toISOString()}>{words.startsOn(date)}</time>
        </p>
      )}
    </>
  );
}

function useSecondsUntil(time: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return (time - now) / 1000;
}
