import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Stream } from "../../api/client";
import { texts } from "../../lib/texts";
import { formatMoment, formatWhen } from "../../lib/time";
import { Avatar } from "../../ui/Avatar";
import { StatusBadge } from "../../ui/StatusBadge";

const words = texts.player.page;

type Props = {
  stream: Stream;
  viewers: number;
  /** What can be done with it. */
  children: ReactNode;
};

/** What there is to know about a stream beside its picture. */
export function StreamInfo({ stream, viewers, children }: Props) {
  const { title, username, status } = stream;
  return (
    <div className="flex flex-col gap-3">
      <h1 className="font-bold text-xl [overflow-wrap:anywhere] md:text-2xl">{title}</h1>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        {username && (
          <Link
            to="/u/$username"
            params={{ username }}
            className="flex min-w-0 items-center gap-2 font-semibold hover:underline"
          >
            <Avatar name={username} />
            <span className="truncate">{username}</span>
          </Link>
        )}
        <p className="flex flex-wrap items-center gap-2 text-quiet">
          <span role="status">
            <StatusBadge status={status} />
          </span>
          {status === "LIVE" && <span className="tabular-nums">{words.viewers(viewers)} ·</span>}
          <When stream={stream} />
        </p>
        <div className="ml-auto flex flex-wrap gap-2">{children}</div>
      </div>
    </div>
  );
}

function When({ stream: { status, scheduledAt, startedAt, endedAt } }: { stream: Stream }) {
  const [at, say] =
    status === "SCHEDULED"
      ? [scheduledAt, words.planned]
      : status === "ENDED"
        ? [endedAt, words.ended]
        : [startedAt, words.started];
  if (!at) return null;
  return (
    <time dateTime={at} title={formatMoment(at)}>
      {say(formatWhen(at))}
    </time>
  );
}
