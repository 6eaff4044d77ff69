import { ChevronDown, ChevronUp, Settings } from "lucide-react";
import { lazy, Suspense, useEffect, useState, useSyncExternalStore } from "react";
import type { IngestStats } from "../../../sdk/live-chat.js";
import type { Stream } from "../../api/client";
import { useSession } from "../../lib/session";
import { texts } from "../../lib/texts";
import { Loading } from "../../ui/States";
import { Announcer } from "./Announcer";
import { ChatRoom } from "./ChatRoom";
import { Composer } from "./Composer";
import { ConnectionNote } from "./ConnectionNote";
import { MessageList } from "./MessageList";
import { closingTimeOf, NoWriting } from "./NoWriting";
import { useActions } from "./useActions";
import { useSecondsUntil } from "./useSecondsUntil";

const ChatSettings = lazy(() => import("./ChatSettings"));
const chat = texts.chat;

type Props = {
  stream: Stream;
  isOwner: boolean;
  /** Told how many watch. */
  onViewers?: (count: number) => void;
  /** Told that something happened to the stream. */
  onStatus?: () => void;
  /** Told how the stream comes in; only its owner is. */
  onIngest?: (stats: IngestStats) => void;
};

/** The chat of a stream. Folded, it keeps its connection: that is what counts viewers. */
export default function ChatPanel(props: Props) {
  const userId = useSession()?.userId;
  // Somebody else enters anew.
  return <Panel key={`${props.stream.id} ${userId}`} userId={userId} {...props} />;
}

function Panel({
  stream,
  isOwner,
  onViewers,
  onStatus,
  onIngest,
  userId,
}: Props & { userId: string | undefined }) {
  const [room] = useState(() => new ChatRoom(stream.id));
  const state = useSyncExternalStore(room.subscribe, room.state);
  const [isFolded, setIsFolded] = useState(false);
  const [areSettingsOpen, setAreSettingsOpen] = useState(false);
  const [text, setText] = useState("");
  const keepsOrder = isOwner || (state.self?.roles.length ?? 0) > 0;
  const { actionsFor, question } = useActions(stream, room, { userId, isOwner, keepsOrder });

  const closesAt = closingTimeOf(stream);
  const [isLive] = useState(() => closesAt === undefined || closesAt > Date.now());
  const isOver = useSecondsUntil(closesAt) === 0 && closesAt !== undefined;
  useEffect(() => room.enter(isLive), [room, isLive]);
  useEffect(() => {
    room.news = { onViewers, onStatus, onIngest };
  }, [room, onViewers, onStatus, onIngest]);

  const { slowModeSeconds } = stream.chat;
  useEffect(() => room.setSlowMode(slowModeSeconds), [room, slowModeSeconds]);

  const mayWrite = stream.chat.enabled && !isOver && !state.isClosed && state.connection !== "closed";
  return (
    <section
      aria-label={chat.title}
      className={`flex min-w-0 flex-col overflow-hidden rounded-xl border border-line bg-card ${isFolded ? "" : "h-[min(34rem,max(20rem,calc(100dvh-56.25vw-9rem)))] lg:h-[min(44rem,calc(100dvh-7rem))]"}`}
    >
      <header className="flex items-center gap-1 border-line border-b py-1.5 pr-1.5 pl-3">
        <h2 className="mr-auto font-bold">{chat.title}</h2>
        {keepsOrder && (
          <button
            type="button"
            aria-label={chat.settings}
            title={chat.settings}
            className="rounded-lg p-2 hover:bg-raised"
            onClick={() => setAreSettingsOpen(true)}
          >
            <Settings aria-hidden className="size-5" />
          </button>
        )}
        <button
          type="button"
          aria-expanded={!isFolded}
          className="flex items-center gap-1 rounded-lg px-2 py-1.5 text-sm hover:bg-raised"
          onClick={() => setIsFolded(!isFolded)}
        >
          {isFolded ? chat.show : chat.hide}
          {isFolded ? (
            <ChevronDown aria-hidden className="size-4" />
          ) : (
            <ChevronUp aria-hidden className="size-4" />
          )}
        </button>
      </header>
      {!isFolded && (
        <>
          {state.messages.length + state.drafts.length > 0 ? (
            <MessageList room={room} state={state} actionsFor={actionsFor} />
          ) : (
            <Nothing isEntered={state.isEntered} isOpen={mayWrite} />
          )}
          <Announcer room={room} />
          <ConnectionNote room={room} state={state} />
          {mayWrite && state.canWrite ? (
            <Composer room={room} state={state} text={text} onText={setText} />
          ) : (
            <NoWriting stream={stream} state={state} isOver={isOver} isSignedIn={userId !== undefined} />
          )}
        </>
      )}
      {areSettingsOpen && (
        <Suspense>
          <ChatSettings
            stream={stream}
            slowMode={state.slowMode}
            isOwner={isOwner}
            nameOf={(id) => state.messages.findLast((message) => message.userId === id)?.username}
            onClose={() => setAreSettingsOpen(false)}
          />
        </Suspense>
      )}
      {question}
    </section>
  );
}

function Nothing({ isEntered, isOpen }: { isEntered: boolean; isOpen: boolean }) {
  return (
    <div className="grid min-h-0 flex-1 place-content-center p-4 text-center">
      {!isEntered && <Loading words={chat.entering} />}
      {isEntered && <p className="font-semibold">{isOpen ? chat.emptyTitle : chat.emptyClosed}</p>}
      {isEntered && isOpen && <p className="text-quiet">{chat.emptyWords}</p>}
    </div>
  );
}
