import { lazy, Suspense, useEffect, useState } from "react";
import { api, explain, type Video } from "../../api/client";
import { formatAge } from "../../lib/format";
import { Progress } from "../../ui/Progress";
import { useVideo } from "./useVideo";

const Player = lazy(() => import("../../ui/Player"));

const PHASES: Record<string, string> = {
  PROBING: "Looking at your video",
  TRANSCODING: "Making renditions",
  UPLOADING: "Storing them",
};

/** One video: its way to READY, then the player. */
export function VideoPage({ id, onChanged }: { id: string; onChanged: () => void }) {
  const [round, setRound] = useState(0);
  // Another round looks anew after a retry.
  return (
    <Watched key={`${id} ${round}`} id={id} onRetried={() => setRound(round + 1)} onChanged={onChanged} />
  );
}

type Watch = { id: string; onRetried: () => void; onChanged: () => void };

function Watched({ id, onRetried, onChanged }: Watch) {
  const { video, isMissing } = useVideo(id);
  const status = video?.status;
  // biome-ignore lint/correctness/useExhaustiveDependencies: told once for each state
  useEffect(() => {
    if (status) onChanged();
  }, [status]);
  if (isMissing) return <p className="card">This video is not here any more.</p>;
  if (!video) return <p className="card quiet">Loading ...</p>;
  return (
    <article className="card stack" aria-label={video.title}>
      <Stage video={video} onRetried={onRetried} />
      <h2>{video.title}</h2>
      <p className="quiet">
        {video.resolution && `${video.resolution} · `}
        {formatAge(video.createdAt)}
      </p>
      {video.description && <p className="description">{video.description}</p>}
    </article>
  );
}

type StageOf = { video: Video; onRetried: () => void };

function Stage({ video, onRetried }: StageOf) {
  const [error, setError] = useState<string>();
  async function retry() {
    const { error } = await api.POST("/api/v1/videos/{videoId}/retry", {
      params: { path: { videoId: video.id } },
    });
    if (error) setError(explain(error));
    else onRetried();
  }
  if (video.status === "READY" && video.hlsUrl) {
    return (
      <Suspense fallback={<div className="player" />}>
        <Player src={video.hlsUrl} poster={video.posterUrl ?? undefined} title={video.title} />
      </Suspense>
    );
  }
  if (video.status === "FAILED") {
    return (
      <div className="stack" role="alert">
        <p className="error">{video.failure?.message ?? "Processing failed."}</p>
        {video.failure?.retryable && (
          <button type="button" onClick={retry}>
            Try again
          </button>
        )}
        {error && <p className="error">{error}</p>}
      </div>
    );
  }
  const { phase, percent } = video.progress ?? {};
  const label =
    video.status === "UPLOADING" ? "Waiting for the file" : (PHASES[phase ?? ""] ?? "Waiting for its turn");
  return <Progress label={label} percent={percent ?? 0} />;
}
