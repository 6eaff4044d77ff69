import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Video } from "../../../api/client";
import { formatBytes, formatDuration } from "../../../lib/format";
import { texts } from "../../../lib/texts";
import { formatMoment, formatWhen } from "../../../lib/time";
import { Avatar } from "../../../ui/Avatar";
import { StatusBadge } from "../../../ui/StatusBadge";
import { Description } from "./Description";

const words = texts.videos.detail;

/** What there is to know about a video; `children` are what can be done with it. */
export function VideoDetails({ video, children }: { video: Video; children: ReactNode }) {
  const { username, source, description } = video;
  return (
    <article className="flex flex-col gap-4">
      <h1 className="font-bold text-2xl leading-tight [overflow-wrap:anywhere]">{video.title}</h1>
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
        <div className="flex items-center gap-3">
          {username && <Avatar name={username} size="size-10" />}
          <div>
            {username && (
              <Link to="/u/$username" params={{ username }} className="font-semibold hover:underline">
                {username}
              </Link>
            )}
            <p className="text-quiet text-sm">
              <time dateTime={video.createdAt} title={formatMoment(video.createdAt)}>
                {formatWhen(video.createdAt)}
              </time>
              {video.visibility === "UNLISTED" && ` · ${texts.videos.unlisted}`}
            </p>
          </div>
          {video.status !== "READY" && <StatusBadge status={video.status} />}
        </div>
        <div className="flex flex-wrap gap-2">{children}</div>
      </div>
      {source.streamId && (
        <p>
          <Link
            to="/streams/$streamId"
            params={{ streamId: source.streamId }}
            className="text-accent underline"
          >
            {words.fromStream}
          </Link>
        </p>
      )}
      {description && <Description text={description} />}
      <Facts video={video} />
    </article>
  );
}

function Facts({ video }: { video: Video }) {
  const facts = [
    [words.artist, video.artist],
    [words.length, video.durationMs != null && formatDuration(video.durationMs)],
    [words.resolution, video.resolution?.replace("x", " × ")],
    [words.size, video.fileSize != null && formatBytes(video.fileSize)],
  ].filter((fact): fact is [string, string] => Boolean(fact[1]));
  if (!facts.length) return null;
  return (
    <dl className="flex flex-wrap gap-x-8 gap-y-2 border-line border-t pt-4 text-sm">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt className="text-quiet">{name}</dt>
          <dd className="[overflow-wrap:anywhere]">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
