import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Stream } from "../../api/client";
import { texts } from "../../lib/texts";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Select } from "../../ui/Field";
import { Failure, Loading } from "../../ui/States";
import { clockOf } from "./clock";
import { bansOf, dismiss, liftBan, moderatorsOf, setSlowMode } from "./moderation";

/** Seconds between two messages of one person to choose from. */
const PAUSES = [0, 5, 10, 30, 60];
const chat = texts.chat;

type Props = {
  stream: Stream;
  slowMode: number;
  isOwner: boolean;
  /** The name somebody was seen under, where they were. */
  nameOf: (userId: string) => string | undefined;
  onClose: () => void;
};

/** How the room is kept in order, for its owner and moderators. */
export default function ChatSettings({ stream, slowMode, isOwner, nameOf, onClose }: Props) {
  const client = useQueryClient();
  const [failure, setFailure] = useState<string>();
  const bans = useQuery(bansOf(stream.id));
  const moderators = useQuery({ ...moderatorsOf(stream.channelId), enabled: isOwner });
  const pauses = PAUSES.includes(slowMode) ? PAUSES : [...PAUSES, slowMode].sort((a, b) => a - b);

  async function act(work: Promise<unknown>) {
    setFailure(undefined);
    await work.catch((error: Error) => setFailure(error.message));
    await Promise.all([
      client.invalidateQueries({ queryKey: bansOf(stream.id).queryKey }),
      client.invalidateQueries({ queryKey: moderatorsOf(stream.channelId).queryKey }),
    ]);
  }

  return (
    <Dialog title={chat.settings} onClose={onClose}>
      <Select
        label={chat.slowMode}
        name="slowMode"
        hint={chat.slowHint}
        value={String(slowMode)}
        options={pauses.map((seconds) => ({ value: String(seconds), name: chat.slowOptions(seconds) }))}
        onChange={(value) => void act(setSlowMode(stream.id, Number(value)))}
      />
      <People
        title={chat.bans}
        none={chat.noBans}
        query={bans}
        rows={bans.data?.items.map(({ userId, until }) => {
          const name = nameOf(userId) ?? userId;
          const term = until ? chat.bannedUntilShort(clockOf(until)) : chat.bannedForGood;
          return {
            key: userId,
            words: `${name}, ${term}`,
            button: chat.lift,
            label: chat.liftOf(name),
            onPress: () => act(liftBan(stream.id, userId)),
          };
        })}
      />
      {isOwner && (
        <People
          title={chat.moderators}
          none={chat.noModerators}
          query={moderators}
          rows={moderators.data?.items.map(({ userId, username }) => ({
            key: userId,
            words: username,
            button: chat.dismissShort,
            label: chat.dismiss(username),
            onPress: () => act(dismiss(stream.channelId, userId)),
          }))}
        />
      )}
      {failure && (
        <p role="alert" className="text-bad">
          {failure}
        </p>
      )}
      <form method="dialog" className="flex justify-end">
        <Button type="submit" kind="plain">
          {texts.common.close}
        </Button>
      </form>
    </Dialog>
  );
}

type Row = { key: string; words: string; button: string; label: string; onPress: () => void };
type PeopleProps = {
  title: string;
  none: string;
  query: { error: Error | null; refetch: () => unknown };
  rows: Row[] | undefined;
};

function People({ title, none, query, rows }: PeopleProps) {
  return (
    <section className="flex flex-col gap-2">
      <h3 className="font-semibold">{title}</h3>
      {query.error && <Failure error={query.error} onRetry={() => void query.refetch()} />}
      {!rows && !query.error && <Loading />}
      {rows?.length === 0 && <p className="text-quiet text-sm">{none}</p>}
      {rows && rows.length > 0 && (
        <ul className="flex max-h-52 flex-col gap-1 overflow-y-auto">
          {rows.map(({ key, words, button, label, onPress }) => (
            <li key={key} className="flex items-center justify-between gap-2">
              <span className="min-w-0 [overflow-wrap:anywhere]">{words}</span>
              <Button kind="plain" size="small" aria-label={label} onClick={onPress}>
                {button}
              </Button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
