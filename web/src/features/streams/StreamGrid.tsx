import { useEffect, useState } from "react";
import { api, type StreamCard } from "../../api/client";
import { formatAge } from "../../lib/format";
import { poll } from "../../lib/poll";
import { Badge } from "./Badge";

/** Milliseconds between two looks at the list. */
const INTERVAL = 10_000;

type Props = { title: string; owner?: "me"; round: number; onChoose: (id: string) => void };

/** Public streams that are live, or the signed-in person's own. */
export function StreamGrid({ title, owner, round, onChoose }: Props) {
  const [streams, setStreams] = useState<StreamCard[]>();

  // biome-ignore lint/correctness/useExhaustiveDependencies: each round loads anew
  useEffect(
    () =>
      poll(async (signal) => {
        const query = { limit: 24, ...(owner && { userId: owner }) };
        const { data } = await api
          .GET("/api/v1/streams", { params: { query }, signal })
          .catch(() => ({ data: undefined }));
        if (data && !signal.aborted) setStreams(data.items);
        return INTERVAL;
      }),
    [round, owner],
  );

  if (!streams?.length) return null;
  return (
    <section className="stack" aria-label={title}>
      <h2>{title}</h2>
      <ul className="grid">
        {streams.map((stream) => (
          <li key={stream.id}>
            <button type="button" className="tile boxed" onClick={() => onChoose(stream.id)}>
              <span className="name">{stream.title}</span>
              <span className="row quiet">
                <Badge status={stream.status} />
                {stream.status === "LIVE"
                  ? `${stream.viewerCount} watching`
                  : formatAge(stream.startedAt ?? stream.createdAt)}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
