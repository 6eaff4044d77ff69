// Streams from outside: announced, found in lists, live and over; and the channel they belong to.
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

const REFUSED = /status of 4\d\d/;
let encoder: Encoder | undefined;

test.afterEach(() => encoder?.end());

const alert = (page: Page, words: string | RegExp) => page.getByRole("alert").filter({ hasText: words });
const part = (page: Page, name: string) => page.getByRole("region", { name });
const card = (page: Page, title: string) => page.getByRole("article").filter({ hasText: title });

/** Announces a stream through the API. */
async function announce(page: Page, person: Person, data: object) {
  const answer = await page.request.post("/api/v1/streams", { headers: bearer(person), data });
  expect(answer.status()).toBe(201);
  return answer.json();
}

/** Ten minutes ahead, as the field for it wants it: nothing else is so near, and the nearest stand first. */
function soon(): string {
  const at = new Date(Date.now() + 600_000);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

test("a stream is announced with its options and found where it belongs", async ({ page }) => {
  const complaints = complaintsOf(page, REFUSED);
  const person = await signIn(page, "announcer");
  const title = `Owls ${person.username}`;
  await page.getByRole("link", { name: "Go live" }).click();
  const create = page.getByRole("button", { name: "Create stream" });
  await create.click();
  await expect(alert(page, "Give it a title")).toBeVisible();
  await expect(page.getByLabel("Title", { exact: true })).toBeFocused();

  await page.getByLabel("Title", { exact: true }).fill(title);
  await page.getByLabel("Description").fill("At night.\nhttps://example.org/owls");
  await page.getByLabel("Announce it for").fill("2001-01-01T20:00");
  await page.getByText("More options").click();
  await page.getByLabel("Only in these countries").fill("de, Austria");
  await page.getByText("More options").click();
  await create.click();
  await expect(alert(page, "Choose a time that is still to come.")).toBeVisible();
  // What is wrong is unfolded.
  await expect(alert(page, "AUSTRIA is no code of two letters")).toBeVisible();
  await expectAccessible(page);
  await shot(page, "create-errors");

  await page.getByLabel("Announce it for").fill(soon());
  await page.getByLabel("Only in these countries").fill("de, at");
  await page.getByLabel("How far they can go back").fill("60");
  await page.getByLabel("Begin as soon as an encoder connects").uncheck();
  await page.getByLabel("Most viewers at a time").fill("500");
  await page.getByLabel("Who may write").selectOption("Everybody, guests too");
  await page.getByLabel("Seconds between two messages").fill("5");
  await page.getByLabel("Keep it as a video").uncheck();
  await create.click();
  await expect(page).toHaveURL(/\/streams\/str_\w+\/broadcast$/);

  const id = /str_\w+/.exec(page.url())?.[0];
  const stream = await (await page.request.get(`/api/v1/streams/${id}`, { headers: bearer(person) })).json();
  expect(stream).toMatchObject({
    title,
    description: "At night.\nhttps://example.org/owls",
    status: "SCHEDULED",
    visibility: "PUBLIC",
    recordingEnabled: false,
    lowLatencyEnabled: true,
    dvrEnabled: true,
    dvrWindowInMinutes: 60,
    autoStart: false,
    reconnectWindowSeconds: 300,
    maxConcurrentViewers: 500,
    allowedCountries: ["DE", "AT"],
    blockedCountries: [],
    chat: { enabled: true, mode: "OPEN", slowModeSeconds: 5 },
  });

  await page.goto("/streams");
  const announced = part(page, "Upcoming").getByRole("article").filter({ hasText: title });
  await expect(announced).toContainText(/in \d+ minutes/);
  await expect(announced.getByRole("link", { name: person.username, exact: true })).toBeVisible();
  await page.goto("/");
  await expect(part(page, "Upcoming").getByRole("link", { name: title })).toBeVisible();
  expect(complaints).toEqual([]);
});

test("lists show what goes live and what is over, without a reload", async ({ page, browser }) => {
  const person = await makePerson(page.request, "caster");
  const title = `Harbour ${person.username}`;
  const stream = await announce(page, person, { title });
  const headers = bearer(person);
  const reveal = `/api/v1/channels/${stream.channelId}/stream-key/reveal`;
  const { ingestUrl, streamKey } = await (await page.request.post(reveal, { headers })).json();

  await page.goto("/");
  await expect(page.getByRole("heading", { name: /Stream live, share videos/ })).toBeVisible();
  await expect(card(page, title)).toBeHidden();
  const lists = await (await browser.newContext()).newPage();
  await lists.goto("/streams");
  await expect(part(lists, "Live now")).toBeVisible();

  encoder = new Encoder(`${ingestUrl}${streamKey}`);
  for (const at of [page, lists]) {
    const live = part(at, "Live now").getByRole("article").filter({ hasText: title });
    await expect(live.getByText("Live", { exact: true })).toBeVisible();
    await expect(live).toContainText("0 viewers");
    await expect(live).toContainText(/Began (now|\d+ minutes? ago)/);
    // Its picture comes a little later.
    await expect
      .poll(() => live.locator("img").evaluate((image: HTMLImageElement) => image.naturalWidth))
      .toBeGreaterThan(0);
  }
  await expectAccessible(page);
  await shot(page, "home-live");

  encoder.end();
  const stop = `/api/v1/streams/${stream.id}/stop`;
  await expect.poll(async () => (await page.request.post(stop, { headers })).status()).toBe(202);
  const past = part(lists, "Past streams").getByRole("article").filter({ hasText: title });
  await expect(past.getByText("Ended", { exact: true })).toBeVisible();
  await past.getByRole("link", { name: `Recording of ${title}` }).click();
  await expect(lists).toHaveURL(/\/(videos|watch)\/vid_/);
  await lists.context().close();
});

test("a list says that it is empty, that it cannot be had, and goes on", async ({ page }) => {
  const complaints = complaintsOf(page, /status of 5\d\d|ERR_FAILED/);
  let isBroken = true;
  await page.route("**/api/v1/streams?*", (route) => {
    if (!isBroken) return route.fulfill({ json: { items: [], nextCursor: null } });
    return route.fulfill({
      status: 500,
      contentType: "application/problem+json",
      json: { detail: "Something went wrong on our side.", code: "internal" },
    });
  });
  await page.goto("/streams");
  await expect(alert(page, "Something went wrong on our side.")).toHaveCount(3);
  await expectAccessible(page);
  isBroken = false;
  for (let shown = 3; shown > 0; shown--) {
    await page.getByRole("button", { name: "Try again" }).first().click();
    await expect(page.getByRole("button", { name: "Try again" })).toHaveCount(shown - 1);
  }
  await expect(page.getByText("Nobody is live now")).toBeVisible();
  await expect(page.getByText("Nothing is announced")).toBeVisible();
  await expect(page.getByText("No stream is over yet")).toBeVisible();
  await expectAccessible(page);
  expect(complaints).toEqual([]);
});

test("a channel is made, named and shared with a moderator; its streams are paged and deleted", async ({
  page,
}) => {
  const complaints = complaintsOf(page, REFUSED);
  const friend = await makePerson(page.request, "friend");
  const person = await makePerson(page.request, "keeper");
  await signInAs(page, person);
  await page.goto("/channel");
  await expect(page.getByText("You have no channel yet")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Make my channel" }).click();
  await expect(page.getByText("You have no streams yet")).toBeVisible();
  await page.getByLabel("Name", { exact: true }).fill("Owl radio");
  await page.getByLabel("Delay").selectOption({ label: "Normal: steadier on bad lines" });
  await page.getByLabel("Record streams").uncheck();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { name: "Owl radio", level: 1 })).toBeVisible();

  const appoint = async (name: string) => {
    await page.getByLabel("Username of somebody you trust").fill(name);
    await page.getByRole("button", { name: "Appoint" }).click();
  };
  await appoint("nobody_of_this_name");
  await expect(alert(page, "There is nobody called nobody_of_this_name.")).toBeVisible();
  await appoint(person.username);
  await expect(alert(page, "appoint somebody else")).toBeVisible();
  await appoint(friend.username);
  const dismiss = page.getByRole("button", { name: `Dismiss ${friend.username}` });
  await expect(dismiss).toBeVisible();
  await dismiss.click();
  await expect(page.getByText("You have appointed nobody.")).toBeVisible();

  for (let number = 1; number <= 21; number++) {
    const scheduledAt = new Date(Date.now() + number * 3_600_000).toISOString();
    await announce(page, person, { title: `Evening ${number}.`, scheduledAt, visibility: "UNLISTED" });
  }
  await page.reload();
  const broadcasts = page.getByRole("link", { name: /^Broadcast / });
  await expect(broadcasts).toHaveCount(20);
  await page.getByRole("button", { name: "Show more" }).click();
  await expect(broadcasts).toHaveCount(21);
  await expect(page.getByText("Unlisted").first()).toBeVisible();
  await expectAccessible(page);
  await shot(page, "channel");
  await page.getByRole("button", { name: "Delete Evening 21." }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(page.getByRole("link", { name: "Broadcast Evening 21." })).toHaveCount(0);
  await expect(broadcasts).toHaveCount(20);

  await page.reload();
  await expect(page.getByLabel("Delay")).toHaveValue("NORMAL");
  await expect(page.getByLabel("Record streams")).not.toBeChecked();
  expect(complaints).toEqual([]);
});
