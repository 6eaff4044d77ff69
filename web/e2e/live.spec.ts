// A creator goes live with a real encoder over RTMP and is watched. Started by tests/tests/e2e_browser.rs.
import { expect, type Locator, type Page, test } from "@playwright/test";
import { glassToGlass } from "./clock";
import { Encoder, WIDTH } from "./encoder";
import { complaintsOf, expectAccessible, register, shot } from "./kit";

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

const badge = (page: Page, word: string): Locator =>
  page.getByRole("article").getByText(word, { exact: true });

async function create(page: Page, title: string, settings?: () => Promise<void>): Promise<void> {
  const form = page.getByRole("form", { name: "Go live" });
  await form.getByLabel("Title of the stream").fill(title);
  if (settings) {
    await form.getByText("Settings").click();
    await settings();
  }
  await form.getByRole("button", { name: "Create stream" }).click();
  await expect(page.getByRole("heading", { name: title })).toBeVisible();
}

/** Reveals the key and answers where an encoder sends to. */
async function ingestUrl(page: Page): Promise<string> {
  const shown = page.getByTestId("stream-key");
  await page.getByRole("button", { name: "Reveal the stream key" }).click();
  await expect(shown).toHaveText(KEY);
  const server = await page.getByRole("region", { name: "Encoder" }).locator("code").first().textContent();
  return `${server}${await shown.textContent()}`;
}

/** Waits until pictures move for `seconds` from now on. */
async function expectPlays(video: Locator, seconds = 1): Promise<void> {
  const look = () =>
    video.evaluate((element: HTMLVideoElement) => ({
      seconds: element.currentTime,
      frames: element.getVideoPlaybackQuality().totalVideoFrames,
      width: element.videoWidth,
    }));
  await expect.poll(async () => (await look()).width).toBe(WIDTH);
  const before = await look();
  await expect.poll(async () => (await look()).seconds).toBeGreaterThan(before.seconds + seconds);
  await expect.poll(async () => (await look()).frames).toBeGreaterThan(before.frames + 10);
}

test("a creator goes live, is cut off, comes back and stops", async ({ page, browser, context, baseURL }) => {
  // While nobody sends, a playlist that waits for more is answered with 503, and a new one with 404.
  const complaints = complaintsOf(page, /503|404/);
  await page.goto("/");
  await register(page, "creator");
  await create(page, "Harbour at noon");
  await expect(badge(page, "Offline")).toBeVisible();
  await expect(page.getByText("waiting for your encoder")).toBeVisible();
  await expect(page.getByTestId("stream-key")).toHaveText(/^sk_\*+\.\.\.\w/);
  expect(await page.content()).not.toMatch(KEY);
  await expectAccessible(page);
  await shot(page, "live-1-waiting");

  const url = await ingestUrl(page);
  const key = url.match(KEY)?.[0] ?? "";
  await expectAccessible(page);
  await shot(page, "live-2-revealed");

  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Copy the stream key" }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(key);
  await page.getByRole("button", { name: "Hide the stream key" }).click();
  expect(await page.content()).not.toContain(key);

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
  await shot(page, "live-3-by-hand");
  await page.keyboard.press("Escape");
  await expect(byHand).toBeHidden();
  expect(await page.content()).not.toContain(key);

  const first = encode(url);
  await expect(badge(page, "Live")).toBeVisible();
  console.log(`the page says LIVE ${Date.now() - first.startedAt} ms after the encoder was started`);
  const video = page.locator("video");
  await expectPlays(video);
  await expectAccessible(page);
  await shot(page, "live-4-playing");

  // Somebody on a telephone finds it.
  const telephone = await browser.newContext({ viewport: { width: 390, height: 844 } });
  const guest = await telephone.newPage();
  await guest.goto("/");
  await guest.getByRole("button", { name: /Harbour at noon/ }).click();
  await expectPlays(guest.locator("video"));
  await expectAccessible(guest);
  await shot(guest, "live-5-telephone");

  // The same player goes on after the encoder's line was cut.
  await video.evaluate((element) => element.setAttribute("data-seen", "before"));
  await first.kill();
  await expect(page.getByText("The encoder is gone. Reconnecting")).toBeVisible();
  await expect(badge(page, "Live")).toBeVisible();
  await shot(page, "live-6-cut-off");
  const second = encode(url);
  await expect(page.getByText("The encoder is gone")).toBeHidden();
  await expectPlays(video, 2);
  await expect(video).toHaveAttribute("data-seen", "before");
  await expectPlays(guest.locator("video"));

  // A new key cuts the encoder off; the old one opens nothing any more.
  await page.getByRole("button", { name: "Reset the stream key" }).click();
  await expect(page.getByRole("dialog")).toContainText("is cut off");
  await expectAccessible(page);
  await page.getByRole("button", { name: "Reset the key" }).click();
  await expect(page.getByText("The key is new")).toBeVisible();
  await expect(page.getByText("The encoder is gone")).toBeVisible();
  await expect(second.kill()).rejects.toThrow("has ended by itself");
  const fresh = await ingestUrl(page);
  expect(fresh).not.toBe(url);
  encode(fresh);
  await expect(page.getByText("The encoder is gone")).toBeHidden();
  await expectPlays(video);

  await page.getByRole("button", { name: "Stop the stream" }).click();
  await page.getByRole("button", { name: "Stop it" }).click();
  await expect(badge(page, "Ended")).toBeVisible();
  await expect(guest.getByText("The stream is over.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Watch the video" })).toBeVisible();
  await expectAccessible(page);
  await shot(page, "live-7-over");
  await page.getByRole("button", { name: "Watch the video" }).click();
  await video.evaluate((element: HTMLVideoElement) => {
    element.muted = true;
    return element.play();
  });
  await expectPlays(video);
  await shot(page, "live-8-video");
  expect(complaints).toEqual([]);
});

async function settle(page: Page): Promise<void> {
  await expectPlays(page.locator("video"), 6);
}

test("a low-latency stream is seen at once", async ({ page }) => {
  const complaints = complaintsOf(page);
  await page.goto("/");
  await register(page, "swift");
  await create(page, "Swift");
  encode(await ingestUrl(page));
  await settle(page);
  const { median, p95 } = await glassToGlass(page.locator("video"));
  console.log(`glass to glass, low latency: median ${median} ms, p95 ${p95} ms`);
  expect(p95).toBeLessThan(6_000);
  const said = await page.getByText(/^\d+\.\d s behind$/).textContent();
  console.log(`the page says ${said}`);
  expect(Math.abs(Number.parseFloat(said ?? "") * 1000 - median)).toBeLessThan(1_500);
  expect(complaints).toEqual([]);
});

test("a plain stream is seen soon, and who may not see it is told why", async ({ page, browser }) => {
  const complaints = complaintsOf(page);
  await page.goto("/");
  await register(page, "steady");
  await create(page, "Steady", async () => {
    await page.getByLabel("Low latency").uncheck();
    await page.getByLabel("Who finds it").selectOption("UNLISTED");
  });
  encode(await ingestUrl(page));
  await settle(page);
  const { median, p95 } = await glassToGlass(page.locator("video"));
  console.log(`glass to glass, plain: median ${median} ms, p95 ${p95} ms`);
  expect(p95).toBeLessThan(10_000);
  expect(complaints).toEqual([]);

  const guest = await browser.newPage();
  let code = "geo-blocked";
  await guest.route("**/playback-token", (route) =>
    code
      ? route.fulfill({
          status: 403,
          contentType: "application/problem+json",
          body: JSON.stringify({ code }),
        })
      : route.continue(),
  );
  await guest.goto(page.url());
  await expect(guest.getByText("This stream is not shown in your country.")).toBeVisible();
  code = "viewer-cap-reached";
  await expect(guest.getByText("The stream is full")).toBeVisible();
  await shot(guest, "live-9-full");
  // Once there is room the player gets in by itself.
  code = "";
  await expectPlays(guest.locator("video"));

  // When the network is gone for longer than hls.js has patience, it begins anew.
  const media = /\.(m3u8|m4s)/;
  await guest.route(media, (route) => route.abort());
  await expect(guest.getByText("Reconnecting")).toBeVisible();
  await guest.waitForRequest(/\/api\/video\//);
  await shot(guest, "live-10-reconnecting");
  await guest.unroute(media);
  await expectPlays(guest.locator("video"));
  await expect(guest.getByText("Reconnecting")).toBeHidden();
});
