import { Link } from "@tanstack/react-router";
import { CalendarClock, Radio } from "lucide-react";
import type { StreamCard as Card } from "../../api/client";
import { texts } from "../../lib/texts";
import { Avatar } from "../../ui/Avatar";
import { StatusBadge } from "../../ui/StatusBadge";
import { Thumbnail } from "../../ui/Thumbnail";
import { Moment } from "./Moment";

const t = texts.streams;

type Props = {
  stream: Card;
  /** Where everything is of one person, nothing repeats who. */
  hidesOwner?: boolean;
};

/** A stream in a list: all of it leads to its page, but the owner's name and the recording. */
export function StreamCard({ stream, hidesOwner = false }: Props) {
  const { id, title, status, videoId } = stream;
  const username = hidesOwner ? undefined : stream.username;
  const isLive = status === "LIVE";
  return (
    <article className="group relative flex flex-col gap-2.5">
      <Thumbnail
        src={stream.thumbnailUrl}
        badge={<StatusBadge status={status} />}
        sign={status === "SCHEDULED" ? <CalendarClock aria-hidden /> : <Radio aria-hidden />}
        corner={isLive && t.watching(stream.viewerCount)}
      />
      <div className="flex gap-3">
        {username && <Avatar name={username} size="size-9" />}
        <div className="min-w-0 flex-1 text-sm">
          <h3 className="line-clamp-2 font-semibold text-base leading-snug [overflow-wrap:anywhere]">
            <Link
              to="/streams/$streamId"
              params={{ streamId: id }}
              className="after:absolute after:inset-0 group-hover:underline"
            >
              {title}
            </Link>
          </h3>
          {username && (
            <p className="truncate text-quiet">
              <Link to="/u/$username" params={{ username }} className="relative z-10 hover:text-ink">
                {username}
              </Link>
            </p>
          )}
          <p className="text-quiet">
            <Moment stream={stream} />
          </p>
          {videoId && (
            <Link
              to="/videos/$videoId"
              params={{ videoId }}
              search={{}}
              aria-label={t.recordingOf(title)}
              className="relative z-10 font-semibold text-accent hover:underline"
            >
              {t.recording}
            </Link>
          )}
        </div>
      </div>
    </article>
  );
}
