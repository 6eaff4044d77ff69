import { Link } from "@tanstack/react-router";
import type { StreamCard } from "../../api/client";
import { texts } from "../../lib/texts";
import { Button, ButtonLink } from "../../ui/Button";
import { StatusBadge } from "../../ui/StatusBadge";
import { Moment } from "./Moment";

const t = texts.streams.channel;
const HIDDEN: Record<string, string> = { UNLISTED: t.unlisted, PRIVATE: t.private };

/** One line of the list of one's own streams. */
export function OwnStream({ stream, onRemove }: { stream: StreamCard; onRemove: () => void }) {
  const { id, title, status, visibility } = stream;
  const params = { streamId: id };
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3">
      <div className="min-w-0 flex-1 basis-56">
        <Link
          to="/streams/$streamId"
          params={params}
          className="font-semibold [overflow-wrap:anywhere] hover:underline"
        >
          {title}
        </Link>
        <p className="mt-1 flex flex-wrap items-center gap-2 text-quiet text-sm">
          <StatusBadge status={status} />
          <Moment stream={stream} />
          {HIDDEN[visibility] && <span>{HIDDEN[visibility]}</span>}
        </p>
      </div>
      <div className="flex gap-2">
        <ButtonLink
          to="/streams/$streamId/broadcast"
          params={params}
          kind="plain"
          size="small"
          aria-label={t.broadcastName(title)}
        >
          {t.broadcast}
        </ButtonLink>
        {status !== "LIVE" && (
          <Button kind="quiet" size="small" aria-label={t.removeName(title)} onClick={onRemove}>
            {t.remove}
          </Button>
        )}
      </div>
    </li>
  );
}
