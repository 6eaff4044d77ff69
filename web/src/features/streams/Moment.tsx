import type { StreamCard } from "../../api/client";
import { texts } from "../../lib/texts";
import { formatMoment, formatWhen } from "../../lib/time";

const t = texts.streams;

/** When it began or begins; the exact time is in the title. */
export function Moment({ stream: { status, scheduledAt, startedAt, createdAt } }: { stream: StreamCard }) {
  const isAhead = status === "SCHEDULED" && scheduledAt;
  const at = isAhead ? scheduledAt : (startedAt ?? createdAt);
  const when = formatWhen(at);
  const exact = formatMoment(at);
  return (
    <time dateTime={at} title={exact}>
      {isAhead && t.starts(when, exact)}
      {!isAhead && !startedAt && t.made(when)}
      {!isAhead && startedAt && (status === "ENDED" ? t.ended(when) : t.began(when))}
    </time>
  );
}
