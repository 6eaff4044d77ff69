// Never run: the compiler checks that the types of live-chat.js fit the ways a page uses it.
import { type ChatMessage, LiveChat, TicketError } from "./live-chat.js";

class Page extends LiveChat {
  override onChat(message: ChatMessage): void {
    document.title = `${message.username}: ${message.content}`;
  }
}

export function use(accessToken: string): LiveChat {
  const guest = new LiveChat("str_1", "ana", "Ana", "wss://host");
  guest.onViewerUpdate = (count) => count.toFixed();
  guest.onFailed = ({ client_id }, { code }) => [client_id, code];
  guest.onConnection = (state, { retryInMs, reason }) => (state === "closed" ? reason : retryInMs);
  guest.disconnect();
  const page = new Page("str_1", undefined, undefined, undefined, {
    apiUrl: "",
    accessToken: () => accessToken,
    ticket: () => Promise.reject(new TicketError(429, 1_000)),
    WebSocket,
    fetch,
    events: window,
    setTimeout: (work, ms) => window.setTimeout(work, ms),
    clearTimeout: (timer: number) => window.clearTimeout(timer),
  });
  page.loadOlder().then(({ messages, more }) => (more ? messages[0]?.id : page.send("hello")));
  return page;
}
