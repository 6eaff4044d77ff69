import { useLocation } from "@tanstack/react-router";
import type { Stream } from "../../api/client";
import { texts } from "../../lib/texts";
import { ButtonLink } from "../../ui/Button";
import type { RoomState } from "./RoomState";

const chat = texts.chat;
/** How long a room stays open once its stream has ended, in milliseconds. */
const AFTERGLOW = 600_000;

type Props = {
  stream: Stream;
  state: RoomState;
  /** Whether the room's time is over. */
  isOver: boolean;
  isSignedIn: boolean;
};

/** Why nothing can be written, in the place where people write. */
export function NoWriting({ stream, state, isOver, isSignedIn }: Props) {
  const next = useLocation({ select: ({ href }) => href });
  const words = wordsOf({ stream, state, isOver, isSignedIn });
  if (!words) return null;
  const isGuest = words === chat.guestWords;
  return (
    <div className="flex flex-wrap items-center justify-between gap-2 border-line border-t p-3 text-quiet text-sm">
      <p>{words}</p>
      {isGuest && (
        <ButtonLink to="/login" search={{ next }} size="small">
          {chat.guest}
        </ButtonLink>
      )}
    </div>
  );
}

function wordsOf({ stream, state, isOver, isSignedIn }: Props): string | undefined {
  if (!stream.chat.enabled) return chat.disabled;
  if (isOver) return chat.ended;
  if (state.isClosed) return stream.status === "ENDED" ? chat.ended : chat.closed;
  // The connection's note says the rest.
  if (state.connection !== "open" || state.canWrite) return undefined;
  return isSignedIn ? chat.readOnly : chat.guestWords;
}

/** When nothing is said any more in the room of a stream that has ended: milliseconds since 1970. */
export function closingTimeOf(stream: Stream): number | undefined {
  if (stream.status !== "ENDED") return undefined;
  return Date.parse(stream.endedAt ?? stream.stoppedAt ?? stream.updatedAt) + AFTERGLOW;
}
