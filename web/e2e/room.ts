// What the tests of rooms share: people in rooms, in browsers and without.
import { type APIRequestContext, type Browser, expect, type Locator, type Page } from "@playwright/test";
import { bearer, type Person, signInAs } from "./kit";

type Settings = { mode?: "MEMBERS" | "OPEN"; slowModeSeconds?: number; enabled?: boolean };

/** Makes a stream, and answers its id. */
export async function makeRoom(
  request: APIRequestContext,
  owner: Person,
  chat: Settings = {},
): Promise<string> {
  const made = await request.post("/api/v1/streams", {
    data: { title: "Harbour at noon", chat },
    headers: bearer(owner),
  });
  expect(made.status()).toBe(201);
  return (await made.json()).id;
}

export const feed = (page: Page): Locator => page.getByRole("feed");
export const box = (page: Page): Locator => page.getByLabel("Your message");
/** A message by what it says. */
export const row = (page: Page, text: string): Locator =>
  feed(page).getByRole("article").filter({ hasText: text });

export async function say(page: Page, text: string): Promise<void> {
  await box(page).fill(text);
  await box(page).press("Enter");
}

/** A browser of its own, where `person` watches. */
export async function watch(
  browser: Browser,
  room: string,
  person: Person | undefined,
  context: Parameters<Browser["newContext"]>[0] = {},
): Promise<Page> {
  const page = await (await browser.newContext(context)).newPage();
  if (person) await signInAs(page, person);
  await page.goto(`/streams/${room}`);
  return page;
}

/** What is seen of the room, from top to bottom. */
export async function seen(page: Page): Promise<string[]> {
  const rows = await feed(page)
    .getByRole("article")
    .evaluateAll((all) =>
      all.map((one) => ({
        at: Number((one as HTMLElement).dataset.index),
        text: one.querySelector("bdi:last-of-type")?.textContent ?? "",
      })),
    );
  return rows.sort((one, other) => one.at - other.at).map(({ text }) => text);
}

/** How many messages the room has in this page. */
export const size = (page: Page): Promise<number> =>
  feed(page).getByRole("article").first().getAttribute("aria-setsize").then(Number);

/** Stands in a page's connections to rooms from now on; what is returned tells the page's newest one that much was said. */
export async function intrude(page: Page): Promise<(room: string, texts: string[]) => void> {
  let tell: (frame: string) => void = () => undefined;
  await page.routeWebSocket(/streamId=/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((frame) => socket.send(frame));
    socket.onMessage((frame) => server.send(frame));
    tell = (frame) => socket.send(frame);
  });
  return (room, texts) => {
    const begin = Date.now();
    const messages = texts.map((content, index) => ({
      type: "CHAT_BROADCAST",
      stream_id: room,
      id: messageId(begin, index),
      user_id: "guest:storm",
      username: "storm",
      content,
      timestamp: new Date(begin).toISOString(),
    }));
    // As many as the room puts into one frame.
    while (messages.length > 0) tell(JSON.stringify({ type: "BATCH", messages: messages.splice(0, 50) }));
  };
}

const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";

/** A message's id as the room makes it: 48 bits of time, version 7, and here a number where chance would be. */
function messageId(time: number, number: number): string {
  let bits = (BigInt(time) << 80n) | (7n << 76n) | (2n << 62n) | BigInt(number);
  let text = "";
  for (let digit = 0; digit < 26; digit++, bits >>= 5n) text = DIGITS.charAt(Number(bits & 31n)) + text;
  return `msg_${text}`;
}

/** Says `texts` over a socket of its own, and waits until the room has them all. */
export async function storm(page: Page, room: string, person: Person, texts: string[]): Promise<void> {
  const ticket = await page.request.post(`/api/v1/streams/${room}/chat-ticket`, { headers: bearer(person) });
  const { wsUrl } = await ticket.json();
  await page.evaluate(
    async ([url, said]) => {
      const socket = new WebSocket(`${url}&batch=1`);
      await new Promise((resolve, reject) => {
        socket.onerror = reject;
        socket.onopen = resolve;
      });
      // A name that was used before would be taken for a repetition.
      const name = crypto.randomUUID();
      const missing = new Set(said.map((_, index) => `${name}-${index}`));
      await new Promise<void>((resolve, reject) => {
        socket.onclose = () => reject(new Error(`${missing.size} messages were not taken`));
        socket.onmessage = ({ data }) => {
          const frame = JSON.parse(data);
          for (const one of frame.type === "BATCH" ? frame.messages : [frame]) missing.delete(one.client_id);
          if (missing.size === 0) resolve();
        };
        said.forEach((content, index) => {
          socket.send(JSON.stringify({ type: "CHAT", content, client_id: `${name}-${index}` }));
        });
      });
      socket.onclose = null;
      socket.close();
    },
    [wsUrl, texts] as const,
  );
}

/** Notes when each message was first seen in this page, and when Enter was pressed. */
export async function time(
  page: Page,
): Promise<() => Promise<{ pressed: number[]; seen: Record<string, number> }>> {
  const notes = await page.evaluateHandle(() => {
    const kept = { pressed: [] as number[], seen: {} as Record<string, number> };
    addEventListener("keydown", ({ key }) => key === "Enter" && kept.pressed.push(Date.now()), true);
    new MutationObserver(() => {
      for (const one of document.querySelectorAll("[role=feed] article")) {
        const text = one.querySelector("bdi:last-of-type")?.textContent ?? "";
        const state = one.textContent?.includes("Sending") ? "pending" : "said";
        kept.seen[`${state} ${text}`] ??= Date.now();
      }
    }).observe(document.body, { childList: true, subtree: true, characterData: true });
    return kept;
  });
  return () => notes.jsonValue();
}

export function median(values: number[]): number {
  return values.sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}
