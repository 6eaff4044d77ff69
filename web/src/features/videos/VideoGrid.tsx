import { useEffect, useState } from "react";
import { api, type VideoCard } from "../../api/client";
import { formatAge, formatDuration } from "../../lib/format";

type Props = { title: string; owner?: "me"; round: number; onChoose: (id: string) => void };

/** The newest videos: everybody's, or the signed-in person's own. */
export function VideoGrid({ title, owner, round, onChoose }: Props) {
  const [videos, setVideos] = useState<VideoCard[]>();
  const [cursor, setCursor] = useState<string | null>();

  async function load(after: string | undefined, signal?: AbortSignal) {
    const query = { limit: 24, ...(owner && { userId: owner }), ...(after && { cursor: after }) };
    const { data } = await api
      .GET("/api/v1/videos", { params: { query }, ...(signal && { signal }) })
      .catch(() => ({ data: undefined }));
    if (!data || signal?.aborted) return;
    setVideos((shown) => (after ? [...(shown ?? []), ...data.items] : data.items));
    setCursor(data.nextCursor);
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: each round loads anew
  useEffect(() => {
    const control = new AbortController();
    load(undefined, control.signal);
    return () => control.abort();
  }, [round, owner]);

  if (!videos?.length) {
    return owner || !videos ? null : (
      <p className="quiet">Nothing to watch yet. Be the first: upload a video.</p>
    );
  }
  return (
    <section className="stack" aria-label={title}>
      <h2>{title}</h2>
      <ul className="grid">
        {videos.map((video) => (
          <li key={video.id}>
            <button type="button" className="tile" onClick={() => onChoose(video.id)}>
              <span className="picture">
                {video.thumbnailUrl ? (
                  <img src={video.thumbnailUrl} alt="" loading="lazy" />
                ) : (
                  <i>{video.status}</i>
                )}
                {video.durationMs != null && <b>{formatDuration(video.durationMs)}</b>}
              </span>
              <span className="name">{video.title}</span>
              <span className="quiet">{formatAge(video.createdAt)}</span>
            </button>
          </li>
        ))}
      </ul>
      {cursor && (
        <button type="button" onClick={() => load(cursor)}>
          Show more
        </button>
      )}
    </section>
  );
}
