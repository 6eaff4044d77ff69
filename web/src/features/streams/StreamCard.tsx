import { Link } from "@tanstack/react-router";
import { CalendarClock, Radio } from "lucide-react";
import type { StreamCard as Card } from "../../api/client";
import { texts } from "../../lib/texts";
import { ABOVE, MediaCard, TITLE_LINK } from "../../ui/MediaCard";
import { StatusBadge } from "../../ui/StatusBadge";
import { Thumbnail } from "../../ui/Thumbnail";
import { Moment } from "./Moment";

const t = texts.streams;

type Props = {
  stream: Card;
  /** Where everything is of one person, nothing repeats who. */
  hidesOwner: boolean;
};

/** A stream in a list: all of it leads to its page, but the owner's name and the recording. */
export function StreamCard({ stream, hidesOwner }: Props) {
  const { id, title, status, videoId } = stream;
  return (
    <MediaCard
      picture={
        <Thumbnail
          src={stream.thumbnailUrl}
          badge={<StatusBadge status={status} />}
          sign={status === "SCHEDULED" ? <CalendarClock aria-hidden /> : <Radio aria-hidden />}
          corner={status === "LIVE" && t.watching(stream.viewerCount)}
        />
      }
      title={
        <Link to="/streams/$streamId" params={{ streamId: id }} className={TITLE_LINK}>
          {title}
        </Link>
      }
      username={hidesOwner ? undefined : stream.username}
    >
      <p>
        <Moment stream={stream} />
      </p>
      {videoId && (
        <Link
          to="/videos/$videoId"
          params={{ videoId }}
          search={{}}
          aria-label={t.recordingOf(title)}
          className={`${ABOVE} font-semibold text-accent hover:underline`}
        >
          {t.recording}
        </Link>
      )}
    </MediaCard>
  );
}
