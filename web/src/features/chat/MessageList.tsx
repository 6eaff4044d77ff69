import { EllipsisVertical } from "lucide-react";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { texts } from "../../lib/texts";
import { type MenuItem, PopoverMenu } from "../../ui/PopoverMenu";
import type { ChatRoom } from "./ChatRoom";
import { clockOf } from "./clock";
import { DraftRow } from "./DraftRow";
import { Feed } from "./Feed";
import { inOrder, type Message } from "./MessageLog";
import { MessageRow } from "./MessageRow";
import { OlderNote } from "./OlderNote";
import type { RoomState } from "./RoomState";
import { ToEnd } from "./ToEnd";
import { useRovingRows } from "./useRovingRows";
import { useSticky } from "./useSticky";

/** This near to the beginning, in pixels, older messages are asked for. */
const NEAR_BEGIN = 300;

type Props = {
  room: ChatRoom;
  state: RoomState;
  /** What can be done about a message. */
  actionsFor: (message: Message) => MenuItem[];
};

/** What was said in a room, and what waits to be. */
export function MessageList({ room, state, actionsFor }: Props) {
  const { messages, drafts, older } = state;
  const keys = useMemo(
    () => [...messages.map(({ id }) => id), ...drafts.map(({ clientId }) => clientId)],
    [messages, drafts],
  );
  const list = useSticky(keys);
  const { isAtEnd } = list;
  const rows = useRovingRows(list.virtualizer, keys, list.pinned);
  const [menu, setMenu] = useState<{ message: Message; anchor: HTMLElement }>();
  const seen = useRef<Message>(undefined);
  if (isAtEnd) seen.current = messages.at(-1);
  const unseen = isAtEnd ? 0 : countAfter(messages, seen.current);

  useEffect(() => {
    room.isReading = !isAtEnd;
  }, [room, isAtEnd]);

  function scrolled() {
    list.onScroll();
    if (older === "more" && (list.scroller.current?.scrollTop ?? 0) < NEAR_BEGIN) void room.loadOlder();
  }

  function open(message: Message | undefined, anchor: HTMLElement) {
    if (message && actionsFor(message).length > 0) setMenu({ message, anchor });
  }

  function onKeyDown(event: KeyboardEvent<HTMLElement>) {
    const row = rows.onKeyDown(event);
    if (row) open(messages[row.index], row.element);
  }

  function row(index: number) {
    const message = messages[index];
    const draft = drafts[index - messages.length];
    return (
      <>
        {message && <MessageRow {...message} />}
        {draft && state.self && (
          <DraftRow
            draft={draft}
            self={state.self}
            onAgain={() => room.sendAgain(draft)}
            onDiscard={() => room.discard(draft)}
          />
        )}
        {message && actionsFor(message).length > 0 && (
          <button
            type="button"
            aria-label={texts.chat.actions(message.username)}
            aria-haspopup="menu"
            tabIndex={rows.tabIndexOf(index)}
            className="-my-0.5 rounded p-0.5 text-quiet opacity-0 hover:text-ink focus-visible:opacity-100 group-hover:opacity-100 group-focus-within:opacity-100 pointer-coarse:opacity-70"
            onClick={(event) => open(message, event.currentTarget)}
          >
            <EllipsisVertical aria-hidden className="size-5" />
          </button>
        )}
      </>
    );
  }

  return (
    <div className="relative min-h-0 flex-1">
      <Feed
        list={list}
        rows={rows}
        total={keys.length}
        head={<OlderNote older={older} onMore={() => room.loadOlder()} />}
        isBusy={older === "loading"}
        onScroll={scrolled}
        onKeyDown={onKeyDown}
        labelOf={(index) => labelOf(messages[index] ?? drafts[index - messages.length])}
      >
        {row}
      </Feed>
      {!isAtEnd && (
        <ToEnd onPress={list.toEnd}>{unseen ? texts.chat.newMessages(unseen) : texts.chat.toNewest}</ToEnd>
      )}
      {menu && (
        <PopoverMenu
          key={menu.message.id}
          label={texts.chat.actions(menu.message.username)}
          items={actionsFor(menu.message)}
          anchor={menu.anchor}
          onClose={() => setMenu(undefined)}
        />
      )}
    </div>
  );
}

function labelOf(said: { username?: string; timestamp: string } | undefined): string {
  if (!said) return "";
  return [said.username, clockOf(said.timestamp)].filter(Boolean).join(", ");
}

/** How many messages came after `seen`. */
function countAfter(messages: readonly Message[], seen: Message | undefined): number {
  if (!seen) return messages.length;
  return messages.length - 1 - messages.findLastIndex((message) => inOrder(message, seen) <= 0);
}
