import { useEffect, useState } from "react";
import { texts } from "../../lib/texts";
import type { ChatRoom } from "./ChatRoom";
import type { Message } from "./MessageLog";

/** Milliseconds between two announcements at least. */
const PAUSE = 3_000;
/** More than this at once are counted, not read. */
const READ = 3;

/** Reads new messages to screen readers, a few at a time. */
export function Announcer({ room }: { room: ChatRoom }) {
  const [words, setWords] = useState("");
  useEffect(() => {
    let heard: Message[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const leave = room.hear((message) => {
      heard.push(message);
      timer ??= setTimeout(() => {
        setWords(announcementOf(heard));
        heard = [];
        timer = undefined;
      }, PAUSE);
    });
    return () => {
      leave();
      clearTimeout(timer);
    };
  }, [room]);
  return (
    <p className="sr-only" role="status" data-testid="announcer">
      {words}
    </p>
  );
}

/** What is said of some messages. */
export function announcementOf(messages: readonly Message[]): string {
  const last = messages.at(-1);
  if (!last) return "";
  if (messages.length > READ) return texts.chat.saidMany(messages.length, last.username, last.content);
  return messages.map(({ username, content }) => texts.chat.said(username, content)).join("\n");
}
