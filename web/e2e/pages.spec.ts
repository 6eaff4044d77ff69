// Every page with content, in both themes and on a phone; and what is shown when something has failed.
import { expect, type Page, test } from "@playwright/test";
import { Encoder } from "./encoder";
import {
  bearer,
  complaintsOf,
  expectAccessible,
  makePerson,
  type Person,
  shot,
  signIn,
  signInAs,
} from "./kit";

const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 800 };
let encoders: Encoder[] = [];

test.afterEach(() => {
  for (const encoder of encoders) encoder.end();
  encoders = [];
});

const alert = (page: Page, words: string | RegExp) => page.getByRole("alert").filter({ hasText: words });

/** A request of `person`'s that must go well. */
async function ask(page: Page, person: Person, method: string, path: string, data?: object) {
  const headers = { ...bearer(person), "If-Match": "*" };
  const answer = await page.request.fetch(`/api/v1${path}`, { method, headers, data });
  expect(answer.ok(), `${method} ${path}: ${answer.status()}`).toBe(true);
  return answer.json();
}

/** Makes a stream and an encoder that sends to it. */
async function goLive(page: Page, person: Person, title: string) {
  const stream = await ask(page, person, "POST", "/streams", { title, description: "From the window." });
  const key = await ask(page, person, "POST", `/channels/${stream.channelId}/stream-key/reveal`);
  const encoder = new Encoder(`${key.ingestUrl}${key.streamKey}`);
  encoders.push(encoder);
  const status = async () => (await ask(page, person, "GET", `/streams/${stream.id}`)).status;
  await expect.poll(status).toBe("LIVE");
  return { stream, encoder };
}

/** A stream that is over, and the video that was made of it. */
async function record(page: Page, person: Person): Promise<string> {
  const { stream, encoder } = await goLive(page, person, "Yesterday's harbour");
  const path = `/streams/${stream.id}`;
  await expect.poll(async () => (await ask(page, person, "GET", path)).thumbnailUrl).toBeTruthy();
  await ask(page, person, "POST", `${path}/stop`);
  encoder.end();
  let id: string | undefined;
  await expect
    .poll(async () => {
      id = (await ask(page, person, "GET", path)).videoId ?? undefined;
      return id && (await ask(page, person, "GET", `/videos/${id}`)).status;
    })
    .toBe("READY");
  return id ?? "";
}

/** Looks at a page on a desk in both themes, and on a phone, where nothing may stand out at the side. */
async function look(page: Page, path: string, name: string, shows: string | RegExp): Promise<void> {
  await page.setViewportSize(DESKTOP);
  await page.goto(path);
  await expect(page.getByText(shows).first()).toBeVisible();
  await expect(page.getByRole("status").filter({ hasText: "Loading ..." })).toHaveCount(0);
  await expectAccessible(page);
  await shot(page, `${name}-desktop`);
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize(PHONE);
  await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBe(PHONE.width);
  await shot(page, `${name}-phone`);
}

test("every page is accessible, in both themes, on a desk and on a phone", async ({ page, browser }) => {
  test.slow();
  const complaints = complaintsOf(page, /status of (404|503)/);
  const ada = await makePerson(page.request, "ada");
  const bob = await makePerson(page.request, "bob");
  await ask(page, ada, "PATCH", "/users/me", { displayName: "Ada Lovelace", bio: "Engines,\nand owls." });
  const videoId = await record(page, ada);
  const scheduledAt = new Date(Date.now() + 3_600_000).toISOString();
  await ask(page, ada, "POST", "/streams", { title: "Owls at night", scheduledAt });
  const { stream } = await goLive(page, bob, "Harbour at noon");
  await expect
    .poll(async () => (await ask(page, bob, "GET", `/streams/${stream.id}`)).thumbnailUrl)
    .toBeTruthy();

  const guest = await (await browser.newContext()).newPage();
  await look(guest, "/", "home-guest", "Harbour at noon");
  await look(guest, "/login?next=/settings", "login", "Log in to go on.");
  await look(guest, "/register", "register", "Create account");
  await look(guest, `/watch/${videoId}`, "watch", "Yesterday's harbour");
  await look(guest, `/live/${stream.id}`, "live", "From the window.");
  await look(guest, `/embed/${videoId}`, "embed-video", /./);
  await look(guest, "/nowhere", "not-found", "There is nothing here");
  await guest.context().close();

  await signInAs(page, ada);
  await look(page, "/", "home", "Harbour at noon");
  await look(page, "/streams", "streams", "Owls at night");
  await look(page, "/streams/create", "create", "Create stream");
  await look(page, "/videos", "videos", "Yesterday's harbour");
  await look(page, "/videos/upload", "upload", "Upload");
  await look(page, `/videos/${videoId}`, "video-owner", "Yesterday's harbour");
  await look(page, `/u/${ada.username}`, "profile", "Past streams");
  await look(page, "/channel", "channel", "Owls at night");
  await look(page, "/settings", "settings", "Delete account");
  await signInAs(page, bob);
  await look(page, `/streams/${stream.id}/broadcast`, "broadcast", "Harbour at noon");
  expect(complaints).toEqual([]);
});

test("a page that fails says so in plain words, and the rest goes on", async ({ page }) => {
  const person = await signIn(page, "unlucky");
  let thrown = 0;
  page.on("pageerror", () => thrown++);
  // An answer that no page can do anything with.
  await page.route("**/api/v1/users/*", (route) => {
    const isProfile = route.request().url().endsWith(person.username);
    return isProfile ? route.fulfill({ json: { id: 5, bio: { not: "a text" } } }) : route.continue();
  });
  await page.goto(`/u/${person.username}`);
  await expect(alert(page, "This page has failed")).toBeVisible();
  await expect(alert(page, "What you have saved is safe.")).toBeVisible();
  await expect(page.getByText("TypeError")).toHaveCount(0);
  await expectAccessible(page);
  await shot(page, "broken");
  await page.getByRole("navigation").first().getByRole("link", { name: "Streams" }).click();
  await expect(page.getByRole("heading", { name: "Live now" })).toBeVisible();
  await page.unroute("**/api/v1/users/*");
  await page.goBack();
  await expect(page.getByRole("heading", { name: person.username })).toBeVisible();

  // A server that is not there: said beside the button, and what was typed stays.
  await page.goto("/streams/create");
  await page.getByLabel("Title", { exact: true }).fill("Owls at night");
  await page.route("**/api/v1/streams", (route) => route.abort());
  const create = page.getByRole("button", { name: "Create stream" });
  await create.click();
  await expect(alert(page, "Skylark cannot be reached: check your connection and try again.")).toBeVisible();
  await expect(page.getByLabel("Title", { exact: true })).toHaveValue("Owls at night");
  await page.unroute("**/api/v1/streams");
  await create.click();
  await expect(page).toHaveURL(/\/broadcast$/);
});
