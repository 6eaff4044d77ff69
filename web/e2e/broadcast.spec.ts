// A creator goes live from the broadcast page with a real encoder over RTMP.
import { readFileSync } from "node:fs";
import { expect, type Page, test } from "@playwright/test";
import { strFromU8, unzipSync } from "fflate";
import { Encoder, HEIGHT, WIDTH } from "./encoder";
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

/** A whole stream key. */
const KEY = /sk_[a-z0-9-]+_[\w-]{20,}/;

let encoders: Encoder[] = [];

function encode(url: string): Encoder {
  const encoder = new Encoder(url);
  encoders.push(encoder);
  return encoder;
}

test.afterEach(() => {
  for (const encoder of encoders) encoder.end();
  encoders = [];
});

type Made = { id: string; channelId: string };

async function makeStream(page: Page, owner: Person, data: Record<string, unknown>): Promise<Made> {
  const answer = await page.request.post("/api/v1/streams", { headers: bearer(owner), data });
  expect(answer.status()).toBe(201);
  return answer.json();
}

const open = (page: Page, { id }: Made) => page.goto(`/streams/${id}/broadcast`);
const shownKey = (page: Page) => page.getByTestId("stream-key");

/** Reveals the key and answers where an encoder sends to. */
async function ingestUrl(page: Page): Promise<string> {
  await page.getByRole("button", { name: "Reveal the stream key" }).click();
  await expect(shownKey(page)).toHaveText(KEY);
  const region = page.getByRole("region", { name: "Your encoder" });
  const server = await region.locator("code").first().textContent();
  const url = `${server}${await shownKey(page).textContent()}`;
  await expect(region.locator("code").last()).toHaveText(url);
  return url;
}

/** When the page says that it is live: seen by the page itself, since looks from outside come too late. */
function live(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise((resolve) => {
        const watcher = new MutationObserver(() => {
          if (!document.querySelector("[aria-current=step]")?.textContent?.includes("Live")) return;
          watcher.disconnect();
          resolve(Date.now());
        });
        watcher.observe(document.body, {
          subtree: true,
          childList: true,
          characterData: true,
          attributes: true,
        });
      }),
  );
}

/** The key leaves the page with what showed it. */
async function expectNoKey(page: Page, key: string): Promise<void> {
  await expect.poll(() => page.content()).not.toContain(key);
}

test("the key is seen when asked for, copied, put into a profile and reset", async ({
  page,
  context,
  baseURL,
}) => {
  const complaints = complaintsOf(page);
  const owner = await signIn(page, "keeper");
  const made = await makeStream(page, owner, { title: "Harbour at noon" });
  await open(page, made);
  await expect(page.getByRole("heading", { name: "Harbour at noon", level: 1 })).toBeVisible();
  await expect(page.locator("[aria-current=step]")).toContainText("Waiting for your encoder");
  await expect(shownKey(page)).toHaveText(/^sk_\*+\.\.\.\w/);
  expect(await page.content()).not.toMatch(KEY);
  await expectAccessible(page);
  await shot(page, "broadcast-1-waiting");

  const url = await ingestUrl(page);
  const key = url.match(KEY)?.[0] ?? "";
  await shot(page, "broadcast-2-revealed");
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Copy the stream key" }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(key);
  await page.getByRole("button", { name: "Copy the address" }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(url);
  await page.getByRole("button", { name: "Hide the stream key" }).click();
  await expectNoKey(page, key);

  // What hides it by itself is the page's clock.
  await page.clock.install();
  await ingestUrl(page);
  await page.clock.runFor(61_000);
  await expect(page.getByRole("button", { name: "Reveal the stream key" })).toBeVisible();
  await expectNoKey(page, key);
  await page.clock.resume();

  const devtools = await context.newCDPSession(page);
  const { browserContextId } = (await devtools.send("Target.getTargetInfo")).targetInfo;
  await devtools.send("Browser.setPermission", {
    permission: { name: "clipboard-write" },
    setting: "denied",
    origin: baseURL ?? "",
    ...(browserContextId && { browserContextId }),
  });
  await page.getByRole("button", { name: "Copy the stream key" }).click();
  const byHand = page.getByRole("dialog", { name: "Copy the stream key" });
  await expect(byHand.getByRole("textbox")).toHaveValue(key);
  expect(await page.evaluate(() => document.getSelection()?.toString())).toBe(key);
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await expect(byHand).toBeHidden();
  await expectNoKey(page, key);

  const coming = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download the OBS profile" }).click();
  const download = await coming;
  const folder = `Skylark ${owner.username}`;
  expect(download.suggestedFilename()).toBe(`${folder}.zip`);
  const files = unzipSync(readFileSync(await download.path()));
  const text = (name: string) => strFromU8(files[`${folder}/${name}`] ?? new Uint8Array());
  expect(JSON.parse(text("service.json"))).toEqual({
    type: "rtmp_custom",
    settings: { server: url.replace(key, ""), key, use_auth: false },
  });
  expect(text("basic.ini")).toContain(`Name=${folder}\n`);
  expect(JSON.parse(text("streamEncoder.json"))).toMatchObject({ keyint_sec: 2, bitrate: 3500 });
  await expect(page.getByText("Unpack the file")).toBeVisible();
  await expectNoKey(page, key);
  await expectAccessible(page);
  await shot(page, "broadcast-3-profile");
  expect(complaints).toEqual([]);
});

test("a creator goes live, is cut, comes back, changes the key and stops", async ({ page, browser }) => {
  test.setTimeout(240_000);
  // What is deleted, or is over, is asked for once more.
  const complaints = complaintsOf(page, /40[349]|503/);
  const owner = await signIn(page, "caster");
  const made = await makeStream(page, owner, { title: "Boats", reconnectWindowSeconds: 300 });
  await open(page, made);
  const step = page.locator("[aria-current=step]");
  await expect(step).toContainText("Waiting for your encoder");
  await expect(page.getByText("No encoder has been here yet")).toBeVisible();
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  await page.getByRole("dialog").getByLabel("Title").fill("Boats at noon");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { name: "Boats at noon", level: 1 })).toBeVisible();
  const url = await ingestUrl(page);
  await page.getByRole("button", { name: "Hide the stream key" }).click();

  const sawLive = live(page);
  const first = encode(url);
  const seenAt = await sawLive;
  await expect(page.getByText("Live", { exact: true }).first()).toBeVisible();
  const sessions = await page.request.get(`/api/v1/channels/${made.channelId}/sessions`, {
    headers: bearer(owner),
  });
  const began = Date.parse((await sessions.json()).items[0].startedAt);
  console.log(`the page says Live ${seenAt - began} ms after the first picture was taken`);
  expect(seenAt - began).toBeLessThan(2_000);

  // The numbers are the encoder's: 30 frames of this size, a key frame each second.
  const health = page.getByRole("region", { name: "Health" });
  await expect(health).toContainText(`${WIDTH} × ${HEIGHT}`);
  await expect(health).toContainText("every 1.0 s");
  await expect(page.getByTestId("verdict")).toHaveText("Good");
  const figure = async (name: string) => {
    const text = await health.locator("dl > div", { hasText: name }).locator("dd").textContent();
    return Number.parseFloat((text ?? "").replace(",", ""));
  };
  await expect.poll(() => figure("Frame rate")).toBeGreaterThan(24);
  expect(await figure("Frame rate")).toBeLessThan(36);
  expect(await figure("Bitrate")).toBeGreaterThan(50);
  const graph = health.getByRole("img", { name: /^Frame rate: .* now, between .* within/ });
  await expect(graph.locator("canvas")).toBeVisible();
  await health.getByText("The same as a table").click();
  await expect(health.getByRole("row")).not.toHaveCount(1);
  await shot(page, "broadcast-4-live");

  const telephone = await browser.newContext({ viewport: { width: 390, height: 844 } });
  const small = await telephone.newPage();
  await signInAs(small, owner);
  await open(small, made);
  await expect(small.getByTestId("verdict")).toHaveText("Good");
  await expect(small.getByRole("img", { name: /^Bitrate/ }).locator("canvas")).toBeVisible();
  const isWide = () => small.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  expect(await isWide()).toBe(false);
  await expectAccessible(small);
  await shot(small, "broadcast-5-telephone");

  await page.getByText("Preview", { exact: true }).click();
  const video = page.locator("video");
  await expect.poll(() => video.evaluate((one: HTMLVideoElement) => one.currentTime)).toBeGreaterThan(0);
  expect(await video.evaluate((one: HTMLVideoElement) => one.muted)).toBe(true);

  await first.kill();
  const countdown = page.getByTestId("countdown");
  await expect(countdown).toHaveText(/^Reconnecting: 0:\d\d$/);
  await expect(page.getByText("These are the last numbers")).toBeVisible();
  await shot(page, "broadcast-6-reconnecting");
  await telephone.close();
  await expect(countdown).toHaveText(/^Your encoder is gone: 4:\d\d$/);
  await expect(page.getByText("Offline", { exact: true })).toBeVisible();
  await expectAccessible(page);
  await shot(page, "broadcast-7-lost");
  const second = encode(url);
  await expect(countdown).toBeHidden();
  await expect(page.getByText("You are live since")).toBeVisible();

  // A new key cuts the encoder; the old one opens nothing any more.
  await page.getByRole("button", { name: "Reset the stream key" }).click();
  await expect(page.getByRole("dialog")).toContainText("is cut off");
  await page.getByRole("button", { name: "Reset the key" }).click();
  await expect(page.getByText("The key is new")).toBeVisible();
  await expect(countdown).toBeVisible();
  await expect(second.kill()).rejects.toThrow("has ended by itself");
  const fresh = await ingestUrl(page);
  expect(fresh).not.toBe(url);
  encode(fresh);
  await expect(countdown).toBeHidden();

  await page.getByRole("button", { name: "Stop the stream" }).click();
  await expect(page.getByRole("dialog")).toContainText("ends for everybody");
  await page.getByRole("button", { name: "Stop it" }).click();
  await expect(page.getByText("You have stopped it.", { exact: true })).toBeVisible();
  await expect(page.getByText("Ended", { exact: true })).toBeVisible();
  const history = page.getByRole("region", { name: "Sessions" });
  await expect(history.getByRole("listitem").filter({ hasText: "this one" })).toHaveCount(3);
  await expect(history).toContainText("stopped here");
  await expect(history).toContainText(/came back after 0:\d\d/);
  await expect(history).toContainText(/320 × 180, [\d,]+ kbit\/s on average/);
  await history.getByText("What has happened").click();
  await expect(history).toContainText("The first picture came: live.");
  await expect(page.getByRole("link", { name: "Watch the recording" })).toBeVisible();
  await expectAccessible(page);
  await shot(page, "broadcast-8-over");

  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("button", { name: "Delete it" }).click();
  await expect(page).toHaveURL(/\/streams$/);
  expect(complaints).toEqual([]);
});

test("a stream that does not start by itself is started, and a busy channel says so", async ({ page }) => {
  const complaints = complaintsOf(page, /40[349]/);
  const owner = await signIn(page, "starter");
  const held = await makeStream(page, owner, { title: "First", autoStart: false });
  const other = await makeStream(page, owner, { title: "Second", autoStart: false });
  await open(page, other);
  await expect(page.locator("[aria-current=step]")).toContainText("Start");
  await shot(page, "broadcast-9-start");

  // Another stream takes the channel: the page says so by itself, and the refusal says why.
  const started = await page.request.post(`/api/v1/streams/${held.id}/start`, { headers: bearer(owner) });
  expect(started.status()).toBe(202);
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await expect(page.getByText("Another stream takes place on this channel")).toBeVisible();
  await expect(page.getByText("Another of your streams has the channel")).toBeVisible();
  await expectAccessible(page);
  await shot(page, "broadcast-10-busy");
  await page.getByRole("link", { name: "Go to that stream" }).click();
  await expect(page.getByRole("heading", { name: "First" })).toBeVisible();
  await expect(page.locator("[aria-current=step]")).toContainText("Waiting for your encoder");
  await page.getByRole("button", { name: "Stop the stream" }).click();
  await page.getByRole("button", { name: "Stop it" }).click();
  await expect(page.getByText("The stream is over.")).toBeVisible();

  // Somebody else is told what the page is, and where to go.
  const stranger = await makePerson(page.request, "stranger");
  await signInAs(page, stranger);
  await open(page, other);
  await expect(page.getByText("This is somebody else's stream")).toBeVisible();
  await expect(page.getByTestId("stream-key")).toHaveCount(0);
  await expectAccessible(page);
  await page.getByRole("link", { name: "Watch the stream" }).click();
  await expect(page).toHaveURL(`/streams/${other.id}`);
  await page.goto("/streams/str_01h455vb4pex5vsknk084sn02q/broadcast");
  await expect(page.getByText("This stream is not here")).toBeVisible();
  expect(complaints).toEqual([]);
});
