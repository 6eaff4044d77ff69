import { texts } from "../../../lib/texts";
import { Failure } from "../../../ui/States";
import { sentenceOf } from "./history";
import type { useEvents } from "./useSessions";

const { history: words } = texts.broadcast;

/** What has happened to a stream, the newest first, in a fold. */
export function StreamEvents({ events }: { events: ReturnType<typeof useEvents> }) {
  const told = (events.data ?? []).flatMap((entry) => {
    const sentence = sentenceOf(entry);
    return sentence ? [{ ...entry, sentence }] : [];
  });
  return (
    <details>
      <summary className="w-fit font-medium">{words.eventsTitle}</summary>
      {events.isError && <Failure error={events.error} onRetry={() => events.refetch()} />}
      <ol className="mt-2 flex flex-col gap-1.5">
        {told.reverse().map(({ id, at, sentence }) => (
          <li key={id} className="flex flex-wrap gap-x-4">
            <time dateTime={at} className="text-quiet tabular-nums">
              {new Date(at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" })}
            </time>
            <span className="[overflow-wrap:anywhere]">{sentence}</span>
          </li>
        ))}
      </ol>
    </details>
  );
}
