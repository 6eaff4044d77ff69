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

/** Says `texts` over a socket of its own, as fast as it takes them, and waits until the room has them all. */
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
      const missing = new Set(said.map((_, index) => `storm-${index}`));
      await new Promise<void>((resolve, reject) => {
        socket.onclose = () => reject(new Error(`${missing.size} messages were not taken`));
        socket.onmessage = ({ data }) => {
          const frame = JSON.parse(data);
          for (const one of frame.type === "BATCH" ? frame.messages : [frame]) missing.delete(one.client_id);
          if (missing.size === 0) resolve();
        };
        said.forEach((content, index) => {
          socket.send(JSON.stringify({ type: "CHAT", content, client_id: `storm-${index}` }));
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
