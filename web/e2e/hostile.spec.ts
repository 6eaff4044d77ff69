// Script payloads through every text that people give, read on every page that shows them. The content security policy is
// off here: what keeps them from running must be that they are text.
import { type BrowserContext, expect, type Page, test } from "@playwright/test";
import { Encoder } from "./encoder";
import { bearer, complaintsOf, makePerson, type Person, shot, signInAs } from "./kit";
import { PAYLOADS, packed } from "./payloads";

test.use({ bypassCSP: true });

const ALL = PAYLOADS.join("\n");
const TITLES = packed(140);
let encoder: Encoder | undefined;

test.afterEach(() => encoder?.end());

/** A message as the room passes it on: without what would turn the direction of others' words. */
const said = (message: string) => message.replace(/[\u202a-\u202e\u2066-\u2069]/g, "");

/** Collects what runs in any page of the browser. */
async function executionsIn(context: BrowserContext): Promise<string[]> {
  const executions: string[] = [];
  await context.exposeBinding("pwn", ({ page }) => executions.push(page.url()));
  context.on("dialog", (dialog) => {
    executions.push(dialog.message());
    void dialog.dismiss();
  });
  return executions;
}

/** Nothing in the page was made by a payload, even if it has not run yet. */
async function expectHarmless(page: Page): Promise<void> {
  const found = await page.evaluate(() => {
    const links = ["href", "src", "action", "formaction", "data", "srcdoc", "xlink:href", "http-equiv"];
    const isOurs = /^(https?:|blob:|\/|#|\.|mailto:|$)/i;
    const all = [...document.querySelectorAll("*")];
    const attributes = all.flatMap((element) =>
      [...element.attributes]
        .filter(({ name, value }) => /^on/i.test(name) || (links.includes(name) && !isOurs.test(value)))
        .map(({ name, value }) => `<${element.tagName.toLowerCase()} ${name}="${value}">`),
    );
    const scripts = all.filter(
      (element) =>
        element.matches("script:not([src])") && element.getAttribute("type") !== "application/ld+json",
    );
    return [...attributes, ...scripts.map((script) => script.outerHTML)];
  });
  expect(found, page.url()).toEqual([]);
}

/** Opens `path` and waits until `text` is there, as text. */
async function expectShown(page: Page, path: string, text: string): Promise<void> {
  await page.goto(path);
  await expect(page.locator("body")).toContainText(text);
  await expectHarmless(page);
}

/** A request of `person`'s that must go well. */
async function ask(page: Page, person: Person, method: string, path: string, data?: object) {
  const headers = { ...bearer(person), "If-Match": "*" };
  const answer = await page.request.fetch(`/api/v1${path}`, { method, headers, data });
  expect(answer.ok(), `${method} ${path}: ${answer.status()} ${await answer.text()}`).toBe(true);
  return answer.status() === 204 ? undefined : answer.json();
}

test("what people write is never run: profiles, channels, streams", async ({ page, context }) => {
  const complaints = complaintsOf(page, /status of 4\d\d/);
  const executions = await executionsIn(context);
  const person = await makePerson(page.request, "mallory");
  await signInAs(page, person);

  // A username cannot hold any of it, in whatever way it is asked for.
  await page.goto("/register");
  for (const payload of PAYLOADS) {
    const data = { username: payload, email: "mallory@example.org", password: "0123456789" };
    expect((await page.request.post("/api/v1/auth/register", { data })).status()).toBe(400);
  }
  const path = `/u/${encodeURIComponent(PAYLOADS[1] ?? "")}`;
  await expectShown(page, path, "There is nobody of this name");
  await page.goto(`/login?next=${encodeURIComponent("javascript:pwn()")}`);
  await expect(page).toHaveURL(/\/$/);

  for (const displayName of packed(64)) {
    await ask(page, person, "PATCH", "/users/me", { displayName });
    await expectShown(page, `/u/${person.username}`, displayName);
  }
  for (const bio of packed(500)) {
    await ask(page, person, "PATCH", "/users/me", { bio });
    await expectShown(page, `/u/${person.username}`, bio);
  }
  await page.goto("/settings");
  await expect(page.getByLabel("About you")).toHaveValue(packed(500).at(-1) ?? "");
  await expectHarmless(page);

  const channel = await ask(page, person, "POST", "/channels", { name: "x" });
  for (const name of TITLES) {
    await ask(page, person, "PATCH", `/channels/${channel.id}`, { name });
    await expectShown(page, "/channel", name);
  }
  await page.getByLabel("Username of somebody you trust").fill(PAYLOADS[8] ?? "");
  await page.getByRole("button", { name: "Appoint" }).click();
  await expect(page.getByRole("alert")).toContainText(PAYLOADS[8] ?? "");

  const ids: string[] = [];
  for (const [index, title] of TITLES.entries()) {
    const scheduledAt = new Date(Date.now() + (30 + index) * 60_000).toISOString();
    const data = { title, description: ALL, scheduledAt };
    ids.push((await ask(page, person, "POST", "/streams", data)).id);
  }
  for (const title of TITLES) await expectShown(page, "/channel", title);
  await page.goto("/streams");
  for (const title of TITLES) await expect(page.locator("body")).toContainText(title);
  await expectHarmless(page);
  for (const [index, title] of TITLES.entries()) {
    // The server writes title and description into this page.
    await expectShown(page, `/live/${ids[index]}`, title);
    for (const payload of PAYLOADS) await expect(page.getByRole("main")).toContainText(payload);
    await expect(page).toHaveTitle(/Skylark/);
  }
  await expectShown(page, `/streams/${ids[0]}/broadcast`, TITLES[0] ?? "");
  await expectShown(page, `/embed/${ids[0]}`, "");
  await shot(page, "hostile-broadcast");
  expect(executions).toEqual([]);
  expect(complaints).toEqual([]);
  for (const id of ids) await ask(page, person, "DELETE", `/streams/${id}`);
});

test("what people write is never run: chat, recordings, videos", async ({ page, context }) => {
  const complaints = complaintsOf(page, /status of (4\d\d|503)/);
  const executions = await executionsIn(context);
  const person = await makePerson(page.request, "mallory");
  await signInAs(page, person);
  const stream = await ask(page, person, "POST", "/streams", { title: TITLES[0], description: ALL });
  const reveal = `/channels/${stream.channelId}/stream-key/reveal`;
  const { ingestUrl, streamKey } = await ask(page, person, "POST", reveal);
  encoder = new Encoder(`${ingestUrl}${streamKey}`);
  await page.goto(`/streams/${stream.id}`);
  await expect(page.getByText("Live", { exact: true }).first()).toBeVisible();
  const box = page.getByLabel("Your message");
  const feed = page.getByRole("feed");
  for (const message of TITLES) {
    await box.fill(message);
    await box.press("Enter");
    await expect(feed).toContainText(said(message));
  }
  // What waits for its turn would be lost with the page.
  await expect(feed).not.toContainText("Sending ...");
  await expectHarmless(page);
  await page.reload();
  await expect(feed).toContainText(said(TITLES.at(-1) ?? ""));
  await expectHarmless(page);
  await shot(page, "hostile-chat");

  await ask(page, person, "POST", `/streams/${stream.id}/stop`);
  encoder.end();
  let id = "";
  await expect
    .poll(async () => {
      id = (await ask(page, person, "GET", `/streams/${stream.id}`)).videoId ?? "";
      return id && (await ask(page, person, "GET", `/videos/${id}`)).status;
    })
    .toBe("READY");
  for (const title of TITLES) {
    await ask(page, person, "PATCH", `/videos/${id}`, { title, artist: title, description: ALL });
    // The server writes title and description into this page.
    await expectShown(page, `/watch/${id}`, title);
    for (const payload of PAYLOADS) await expect(page.getByRole("main")).toContainText(payload);
  }
  // At the end the replay of the chat has said everything, what viewers said after the last picture too.
  await page.goto(`/watch/${id}?t=600`);
  for (const message of TITLES) await expect(feed).toContainText(said(message));
  await expectHarmless(page);
  await expectShown(page, `/embed/${id}`, "");
  await expectShown(page, "/videos", TITLES.at(-1) ?? "");

  for (const fileName of TITLES) {
    const data = { fileName: `${fileName}.mp4`, contentType: "video/mp4", fileSize: 1000, title: fileName };
    await page.request.post("/api/v1/uploads", { headers: bearer(person), data });
  }
  await page.goto("/videos");
  await expect(page.getByRole("article").first()).toBeVisible();
  await expectHarmless(page);
  await page.goto("/videos/upload");
  const files = [
    { name: `${PAYLOADS[9]}.mp4`, mimeType: "video/mp4", buffer: Buffer.from("no video") },
    { name: `${PAYLOADS[10]}.txt`, mimeType: "text/plain", buffer: Buffer.from("no video") },
  ];
  await page.locator("input[type=file]").first().setInputFiles(files);
  for (const { name } of files) await expect(page.getByRole("main")).toContainText(name.slice(0, -4));
  await expectHarmless(page);
  await shot(page, "hostile-upload");
  expect(executions).toEqual([]);
  expect(complaints).toEqual([]);
  await ask(page, person, "DELETE", `/videos/${id}`);
  await ask(page, person, "DELETE", `/streams/${stream.id}`);
});
