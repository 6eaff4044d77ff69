import { Link } from "@tanstack/react-router";
import type { VideoCard as Card } from "../../api/client";
import { formatDuration } from "../../lib/format";
import { texts } from "../../lib/texts";
import { formatWhen } from "../../lib/time";
import { StatusBadge } from "../../ui/StatusBadge";
import { Thumbnail } from "../../ui/Thumbnail";

const words = texts.videos;

/** How deep the card's own heading is: one below that of its grid. */
export type Level = 2 | 3 | 4;
type Props = { video: Card; level?: Level };

/** A video in a list; the whole card leads to it. Owners also see how far it is, and why it failed. */
export function VideoCard({ video, level = 3 }: Props) {
  const Heading = `h${level}` as const;
  const isReady = video.status === "READY";
  const percent = video.progress?.percent;
  return (
    <article className="group relative flex flex-col gap-2">
      <Thumbnail
        src={video.thumbnailUrl}
        corner={video.durationMs != null && formatDuration(video.durationMs)}
        badge={!isReady && <StatusBadge status={video.status} />}
      />
      <div className="flex flex-col gap-0.5">
        <Heading className="line-clamp-2 font-semibold leading-snug [overflow-wrap:anywhere]">
          <Link
            // The address that is shared shows a preview; before that there is nothing to show.
            to={isReady ? "/watch/$videoId" : "/videos/$videoId"}
            params={{ videoId: video.id }}
            className="after:absolute after:inset-0 after:rounded-xl group-hover:underline"
          >
            {video.title}
          </Link>
        </Heading>
        {video.username && (
          <p className="text-quiet text-sm">
            <Link
              to="/u/$username"
              params={{ username: video.username }}
              // Above the link that covers the card.
              className="relative z-10 hover:text-ink hover:underline"
            >
              {video.username}
            </Link>
          </p>
        )}
        <p className="text-quiet text-sm">
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
          <p className="text-quiet text-sm tabular-nums">{words.processing(percent)}</p>
        )}
        {video.status === "FAILED" && (
          <p className="text-bad text-sm">{video.failure?.message ?? words.failed}</p>
        )}
      </div>
    </article>
  );
}
