import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import type { Stream } from "../../api/client";
import { texts } from "../../lib/texts";
import { Confirm } from "../../ui/Dialog";
import type { MenuItem } from "../../ui/PopoverMenu";
import { toast } from "../../ui/Toasts";
import type { ChatRoom } from "./ChatRoom";
import type { Message } from "./MessageLog";
import {
  appoint,
  ban,
  bansOf,
  deleteMessage,
  dismiss,
  moderatorsOf,
  powersOver,
  timeOut,
} from "./moderation";

type Caller = { userId: string | undefined; isOwner: boolean; keepsOrder: boolean };

/** What the caller can do about each message, and the question that some of it needs. */
export function useActions(
  stream: Stream,
  room: ChatRoom,
  caller: Caller,
): { actionsFor: (message: Message) => MenuItem[]; question: ReactNode } {
  const [asked, setAsked] = useState<Message>();
  const client = useQueryClient();
  const moderators = useQuery({ ...moderatorsOf(stream.channelId), enabled: caller.isOwner }).data?.items;
  const chat = texts.chat;

  /** Does it, and says how it went. */
  async function act(work: Promise<unknown>, done: string) {
    try {
      await work;
      toast(done);
    } catch (error) {
      toast((error as Error).message);
    }
    await client.invalidateQueries({ queryKey: bansOf(stream.id).queryKey });
    await client.invalidateQueries({ queryKey: moderatorsOf(stream.channelId).queryKey });
  }

  function actionsFor(message: Message): MenuItem[] {
    const { id, userId, username } = message;
    const { mayDelete, mayBan, mayAppoint } = powersOver(stream, message, caller);
    const isModerator = moderators?.some((moderator) => moderator.userId === userId);
    const items: MenuItem[] = [];
    if (mayDelete)
      items.push({
        name: chat.delete,
        onChoose: () =>
          act(
            deleteMessage(stream.id, id).then(() => room.forget(id)),
            chat.deleted,
          ),
      });
    if (mayBan)
      items.push(
        {
          name: chat.timeOut(username),
          onChoose: () => act(timeOut(stream.id, userId), chat.timedOut(username)),
        },
        { name: chat.ban(username), onChoose: () => setAsked(message), isDangerous: true },
      );
    if (mayAppoint && moderators)
      items.push(
        isModerator
          ? {
              name: chat.dismiss(username),
              onChoose: () => act(dismiss(stream.channelId, userId), chat.dismissed(username)),
            }
          : {
              name: chat.appoint(username),
              onChoose: () => act(appoint(stream.channelId, userId), chat.appointed(username)),
            },
      );
    return items;
  }

  const question = asked && (
    <Confirm
      title={chat.banTitle(asked.username)}
      yes={chat.banYes}
      no={texts.common.cancel}
      onYes={() => act(ban(stream.id, asked.userId), chat.isBanned(asked.username))}
      onClose={() => setAsked(undefined)}
    >
      <p>{chat.banWords}</p>
    </Confirm>
  );
  return { actionsFor, question };
}
