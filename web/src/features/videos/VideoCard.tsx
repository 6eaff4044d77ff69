import { Link } from "@tanstack/react-router";
import type { VideoCard as Card } from "../../api/client";
import { formatDuration } from "../../lib/format";
import { texts } from "../../lib/texts";
import { formatWhen } from "../../lib/time";
import { MediaCard, TITLE_LINK } from "../../ui/MediaCard";
import { StatusBadge } from "../../ui/StatusBadge";
import { Thumbnail } from "../../ui/Thumbnail";

const words = texts.videos;

type Props = {
  video: Card;
  /** Where everything is of one person, nothing repeats who. */
  hidesOwner: boolean;
};

/** A video in a list; the whole card leads to it. Owners also see how far it is, and why it failed. */
export function VideoCard({ video, hidesOwner }: Props) {
  const isReady = video.status === "READY";
  const percent = video.progress?.percent;
  return (
    <MediaCard
      picture={
        <Thumbnail
          src={video.thumbnailUrl}
          corner={video.durationMs != null && formatDuration(video.durationMs)}
          badge={!isReady && <StatusBadge status={video.status} />}
        />
      }
      title={
        <Link
          // The address that is shared shows a preview; before that there is nothing to show.
          to={isReady ? "/watch/$videoId" : "/videos/$videoId"}
          params={{ videoId: video.id }}
          className={TITLE_LINK}
        >
          {video.title}
        </Link>
      }
      username={hidesOwner ? undefined : video.username}
    >
      <p>
        {/* Isolated: an artist may be written in the other direction, or pretend to be. */}
        {video.artist && (
          <>
            <bdi>{video.artist}</bdi> ·{" "}
          </>
        )}
        {[formatWhen(video.createdAt), video.visibility === "UNLISTED" && words.unlisted]
          .filter(Boolean)
          .join(" · ")}
      </p>
      {video.status === "PROCESSING" && percent != null && (
        <p className="tabular-nums">{words.processing(percent)}</p>
      )}
      {video.status === "FAILED" && <p className="text-bad">{video.failure?.message ?? words.failed}</p>}
    </MediaCard>
  );
}
