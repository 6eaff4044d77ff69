import { lazy, Suspense, useCallback, useEffect, useState } from "react";
import { api, explain, type Stream } from "../../api/client";
import { formatAge } from "../../lib/format";
import { Dialog } from "../../ui/Dialog";
import { Badge } from "./Badge";
import { playbackAddress } from "./playback";
import { StreamKey } from "./StreamKey";
import { useStream } from "./useStream";

const LivePlayer = lazy(() => import("../../ui/LivePlayer"));

type Props = { id: string; onChanged: () => void; onVideo: (videoId: string) => void };

/** One stream: before, while and after it is live; for its owner with what an encoder needs. */
export function StreamPage({ id, onChanged, onVideo }: Props) {
  const { stream, isMissing, show } = useStream(id);
  const status = stream?.status;
  // biome-ignore lint/correctness/useExhaustiveDependencies: told once for each status
  useEffect(() => {
    if (status) onChanged();
  }, [status]);
  if (isMissing) return <p className="card">This stream is not here, or it is not for you.</p>;
  if (!stream) return <p className="card quiet">Loading ...</p>;
  return (
    <article className="card stack" aria-label={stream.title}>
      <Stage stream={stream} onVideo={onVideo} />
      <div className="row">
        <h2>{stream.title}</h2>
        <span role="status">
          <Badge status={stream.status} />
        </span>
      </div>
      <p className="quiet">
        {stream.status === "LIVE" && `${stream.viewerCount} watching · `}
        {stream.startedAt ? `started ${formatAge(stream.startedAt)}` : `made ${formatAge(stream.createdAt)}`}
      </p>
      {stream.description && <p className="description">{stream.description}</p>}
      {stream.isOwner && stream.status !== "ENDED" && (
        <>
          <StreamKey channelId={stream.channelId} isLive={stream.ingest.state === "CONNECTED"} />
          <Stop stream={stream} onStopped={show} />
        </>
      )}
    </article>
  );
}

/** The picture, or why there is none. */
function Stage({ stream, onVideo }: { stream: Stream; onVideo: (videoId: string) => void }) {
  const { id, playbackUrl } = stream;
  const address = useCallback(() => playbackAddress(id, playbackUrl), [id, playbackUrl]);
  if (stream.status === "ENDED") return <Over stream={stream} onVideo={onVideo} />;
  // An encoder that is gone may come back: the player stays.
  if (stream.state === "RUNNING") {
    return (
      <Suspense fallback={<div className="player" />}>
        <LivePlayer
          address={address}
          isLowLatency={stream.lowLatencyEnabled}
          title={stream.title}
          notice={AWAY[stream.ingest.state]}
        />
      </Suspense>
    );
  }
  return (
    <div className="picture">
      <p>{waiting(stream)}</p>
    </div>
  );
}

const AWAY: Record<string, string> = {
  RECONNECTING: "The encoder is gone. Reconnecting ...",
  LOST: "The encoder is gone. The stream goes on when it is back.",
};

function waiting(stream: Stream): string {
  if (stream.isOwner) return "Not live yet: waiting for your encoder.";
  const at = stream.status === "SCHEDULED" && stream.scheduledAt;
  return at
    ? `Not live yet: it begins on ${new Date(at).toLocaleString()}.`
    : "Not live yet. It begins here by itself.";
}

function Over({ stream, onVideo }: { stream: Stream; onVideo: (videoId: string) => void }) {
  const { videoId, archiveError, recordingEnabled, state } = stream;
  const isComing = recordingEnabled && !archiveError && state !== "FAILED" && stream.startedAt;
  return (
    <div className="picture">
      <div className="stack">
        <p>The stream is over.</p>
        {videoId ? (
          <button type="button" className="primary" onClick={() => onVideo(videoId)}>
            Watch the video
          </button>
        ) : (
          isComing && <p>Its video comes in a moment.</p>
        )}
        {stream.isOwner && archiveError && <p>There is no video of it: {archiveError}</p>}
      </div>
    </div>
  );
}

function Stop({ stream, onStopped }: { stream: Stream; onStopped: (stream: Stream) => void }) {
  const [isAsking, setIsAsking] = useState(false);
  const [error, setError] = useState<string>();

  async function stop() {
    setError(undefined);
    const { data, error } = await api
      .POST("/api/v1/streams/{streamId}/stop", { params: { path: { streamId: stream.id } } })
      .catch(() => ({ data: undefined, error: undefined }));
    if (data) onStopped(data);
    else setError(explain(error));
  }

  if (stream.state !== "RUNNING" && stream.state !== "STARTING") return null;
  return (
    <div className="stack">
      <button type="button" className="bad" onClick={() => setIsAsking(true)}>
        Stop the stream
      </button>
      {error && (
        <p className="error" role="alert">
          {error}
        </p>
      )}
      {isAsking && (
        <Dialog title="Stop the stream?" onClose={() => setIsAsking(false)}>
          <p>It ends for everybody and cannot go on.</p>
          <form method="dialog" className="row">
            <button type="submit">Go on streaming</button>
            <button type="submit" className="primary" onClick={stop}>
              Stop it
            </button>
          </form>
        </Dialog>
      )}
    </div>
  );
}
