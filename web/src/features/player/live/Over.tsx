import type { Stream } from "../../../api/client";
import { texts } from "../../../lib/texts";
import { ButtonLink } from "../../../ui/Button";
import type { Fit } from "../controls/Stage";
import { Board } from "./Board";

const words = texts.player;

/** A stream that has ended, and the way to its video. */
export function Over({ stream, fit }: { stream: Stream; fit: Fit }) {
  const { videoId, archiveError, recordingEnabled, state } = stream;
  const isComing = recordingEnabled && !archiveError && state !== "FAILED" && stream.startedAt;
  return (
    <Board fit={fit} picture={stream.thumbnailUrl}>
      <p role="status" className="font-semibold text-lg">
        {words.over}
      </p>
      {videoId && (
        <ButtonLink to="/videos/$videoId" params={{ videoId }}>
          {words.toVideo}
        </ButtonLink>
      )}
      {!videoId && isComing && <p role="status">{words.videoComes}</p>}
      {stream.isOwner && archiveError && <p>{words.noVideo(archiveError)}</p>}
    </Board>
  );
}
