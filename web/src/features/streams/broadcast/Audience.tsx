import { Eye } from "lucide-react";
import type { Stream } from "../../../api/client";
import { texts } from "../../../lib/texts";

const words = texts.broadcast;

/** How many watch: now, at most, and as the media service counts. */
export function Audience({ stream }: { stream: Stream }) {
  const { viewerCount, peakViewerCount, playbackSessions } = stream;
  return (
    <p className="flex flex-wrap items-center gap-x-4 gap-y-1 text-quiet tabular-nums" data-testid="audience">
      <span className="flex items-center gap-1.5">
        <Eye aria-hidden className="size-4" />
        {words.viewers(viewerCount)}
      </span>
      <span>{words.peak(peakViewerCount)}</span>
      {playbackSessions != null && <span>{words.sessions(playbackSessions)}</span>}
    </p>
  );
}
