import { texts } from "../../lib/texts";
import { Button } from "../../ui/Button";
import type { ChatRoom } from "./ChatRoom";
import { clockOf } from "./clock";
import type { RoomState } from "./RoomState";
import { useSecondsUntil } from "./useSecondsUntil";

/** What is wrong with the connection, and what can be done about it; nothing while it stands. */
export function ConnectionNote({ room, state }: { room: ChatRoom; state: RoomState }) {
  const seconds = useSecondsUntil(state.retryAt);
  const isTooFast = useSecondsUntil(state.wait?.why === "fast" ? state.wait.until : undefined) > 0;
  const { connection } = state;
  // The room has cut the line itself, and said for how long where people write.
  if (isTooFast) return null;
  if (connection === "reconnecting")
    return (
      <Note>
        {/* The seconds are not read out one by one. */}
        <span role="status" className="sr-only">
          {texts.chat.reconnectingNow}
        </span>
        <span aria-hidden>{seconds ? texts.chat.reconnecting(seconds) : texts.chat.reconnectingNow}</span>
        {seconds > 0 && (
          <Button kind="plain" size="small" onClick={() => room.reconnectNow()}>
            {texts.chat.now}
          </Button>
        )}
      </Note>
    );
  if (connection === "closed" && !state.isClosed)
    return (
      <Note>
        <span role="alert">{closedWords(state)}</span>
        <Button kind="plain" size="small" onClick={() => room.enterAgain()}>
          {texts.chat.enterAgain}
        </Button>
      </Note>
    );
  return null;
}

function Note({ children }: { children: React.ReactNode }) {
  return (
    <div className="flex flex-wrap items-center justify-between gap-2 border-line border-t bg-raised px-3 py-2 text-sm">
      {children}
    </div>
  );
}

function closedWords({ reason, bannedUntil }: RoomState): string {
  const chat = texts.chat;
  if (reason === "BANNED" || reason === "banned")
    return bannedUntil ? chat.bannedUntil(clockOf(bannedUntil)) : chat.banned;
  if (reason === "404" || reason === "410" || reason === "not-found") return chat.gone;
  if (reason === "FORBIDDEN" || reason === "403" || reason === "forbidden") return chat.forbidden;
  return chat.closed;
}
