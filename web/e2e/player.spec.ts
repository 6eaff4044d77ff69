// The player of finished videos: by mouse, by keyboard, on a telephone, and inside another site's page.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, type Locator, type Page, test } from "@playwright/test";
import { upload } from "./film";
import { bearer, complaintsOf, expectAccessible, makePerson, shot } from "./kit";
import { makeMovie } from "./movies";

/** Seconds of the movie. */
const LENGTH = 20;
const PHONE = { width: 390, height: 844 };
let video = "";

// Everything is slow where several things are made at once.
test.setTimeout(240_000);

test.beforeAll(async ({ playwright, baseURL }, info) => {
  test.setTimeout(240_000);
  const request = await playwright.request.newContext(baseURL ? { baseURL } : {});
  const owner = await makePerson(request, "screen");
  const movie = makeMovie(info.outputPath("film.mp4"), LENGTH, "1280x720");
  video = await upload(request, owner, movie, "A test of patience");
  const captions = await request.put(`/api/v1/videos/${video}/captions/en`, {
    headers: { ...bearer(owner), "content-type": "text/vtt" },
    data: "WEBVTT\n\n00:00.000 --> 00:20.000\nPatience, everybody.\n",
  });
  expect(captions.status()).toBe(200);
  await request.dispose();
});

const picture = (page: Page): Locator => page.locator("video");
const player = (page: Page): Locator => page.getByRole("region", { name: "Player: A test of patience" });
const button = (page: Page, name: string): Locator => player(page).getByRole("button", { name, exact: true });
const at = (page: Page): Promise<number> =>
  picture(page).evaluate((element: HTMLVideoElement) => element.currentTime);
const isPaused = (page: Page): Promise<boolean> =>
  picture(page).evaluate((element: HTMLVideoElement) => element.paused);

async function expectPlays(page: Page): Promise<void> {
  const before = await at(page);
  await expect.poll(() => at(page)).toBeGreaterThan(before + 0.5);
}

/** Notes when the first picture moves, in milliseconds after the page was asked for. */
async function timeStart(page: Page): Promise<() => Promise<number>> {
  await page.addInitScript(() => {
    const note = () => document.documentElement.setAttribute("data-started", String(performance.now()));
    document.addEventListener("playing", note, { capture: true, once: true });
  });
  return async () => {
    await expect(page.locator("html")).toHaveAttribute("data-started", /\d/);
    return Math.round(Number(await page.locator("html").getAttribute("data-started")));
  };
}

test("a video plays at once and does what keys say", async ({ page }) => {
  const complaints = complaintsOf(page);
  const started = await timeStart(page);
  await page.goto(`/videos/${video}`);
  console.log(`the video plays ${await started()} ms after the page was asked for`);
  await expectPlays(page);

  await page.keyboard.press("k");
  await expect.poll(() => isPaused(page)).toBe(true);
  await expect(button(page, "Play").first()).toBeVisible();
  await expectAccessible(page);
  await shot(page, "player-1-paused");
  await page.keyboard.press("5");
  await expect.poll(() => at(page)).toBeCloseTo(LENGTH / 2, 0);
  await page.keyboard.press("l");
  await page.keyboard.press("j");
  await page.keyboard.press("ArrowLeft");
  await expect(player(page).getByText("−5 s")).toBeVisible();
  await expect.poll(() => at(page)).toBeCloseTo(LENGTH / 2 - 5, 0);
  await page.keyboard.press("m");
  await expect(button(page, "Unmute")).toBeVisible();
  await page.keyboard.press(">");
  await expect.poll(() => picture(page).evaluate((it: HTMLVideoElement) => it.playbackRate)).toBe(1.25);
  await page.keyboard.press("<");
  const shownWords = () =>
    picture(page).evaluate(({ textTracks }: HTMLVideoElement) =>
      [...textTracks]
        .filter(({ mode }) => mode === "showing")
        .flatMap(({ activeCues }) => [...(activeCues ?? [])].map((cue) => (cue as VTTCue).text)),
    );
  expect(await shownWords()).toEqual([]);
  await page.keyboard.press("c");
  await expect.poll(shownWords).toEqual(["Patience, everybody."]);
  await expect(button(page, "Captions")).toHaveAttribute("aria-pressed", "true");
  await page.keyboard.press("t");
  await expect(player(page)).toHaveAttribute("data-theatre", "true");
  await shot(page, "player-2-theatre");
  await page.keyboard.press("t");
  await page.keyboard.press("f");
  await expect.poll(() => page.evaluate(() => document.fullscreenElement?.tagName)).toBe("SECTION");
  await expect(button(page, "Leave full screen")).toBeVisible();
  await page.keyboard.press("f");
  await expect.poll(() => page.evaluate(() => document.fullscreenElement)).toBeNull();
  await page.keyboard.press("?");
  const keys = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await expect(keys).toBeVisible();
  await expectAccessible(page);
  await shot(page, "player-3-keys");
  await page.keyboard.press("k");
  expect(await isPaused(page)).toBe(true);
  await page.keyboard.press("Escape");
  await expect(keys).toBeHidden();

  // The bar, by keyboard: the arrows of a slider, and not those of the page.
  const slider = player(page).getByRole("slider", { name: "Position" });
  await slider.focus();
  await page.keyboard.press("Home");
  await expect(slider).toHaveAttribute("aria-valuetext", "0:00 of 0:20");
  await page.keyboard.press("ArrowRight");
  await expect(slider).toHaveAttribute("aria-valuetext", "0:05 of 0:20");
  // Controls hide while nobody needs them: not while it is paused.
  await expect(player(page)).not.toHaveAttribute("data-resting");
  await button(page, "Play").last().click();
  await page.mouse.move(5, 5);
  await expect(player(page)).toHaveAttribute("data-resting", "true");
  await picture(page).hover();
  await expect(player(page)).not.toHaveAttribute("data-resting");
  expect(complaints).toEqual([]);
});

test("quality, speed and pictures over the bar are chosen with the mouse", async ({ page }) => {
  const complaints = complaintsOf(page);
  await page.goto(`/videos/${video}`);
  await expectPlays(page);
  await page.keyboard.press("k");
  await button(page, "Settings").click();
  await page.keyboard.press("k");
  await expect(player(page).getByRole("radio", { name: /^Auto \(\d+p\)$/ })).toBeChecked();
  for (const [name, height] of [
    ["360p", 360],
    ["720p", 720],
  ] as const) {
    await player(page).getByRole("radio", { name, exact: true }).click();
    await expect.poll(() => picture(page).evaluate((it: HTMLVideoElement) => it.videoHeight)).toBe(height);
  }
  await player(page).getByRole("radio", { name: "1.5 ×" }).click();
  await expect.poll(() => picture(page).evaluate((it: HTMLVideoElement) => it.playbackRate)).toBe(1.5);
  await expectAccessible(page);
  await shot(page, "player-4-settings");
  await page.keyboard.press("Escape");
  await expect(button(page, "Settings")).toBeFocused();

  const bar = await player(page).getByRole("slider", { name: "Position" }).boundingBox();
  const [x, y] = [(bar?.x ?? 0) + (bar?.width ?? 0) * 0.75, (bar?.y ?? 0) + (bar?.height ?? 0) / 2];
  await page.mouse.move(x, y);
  await expect(player(page).getByText("0:15", { exact: true })).toBeVisible();
  await expect(player(page).locator("[data-bar] img")).toBeVisible();
  await shot(page, "player-5-preview");
  await page.mouse.down();
  await page.mouse.move(x + 2, y);
  await page.mouse.up();
  await expect.poll(() => at(page)).toBeGreaterThan(14.5);
  expect(complaints).toEqual([]);
});

test("a video goes on where it was left, ends, and says when it cannot be loaded", async ({ browser }) => {
  const telephone = await browser.newContext({ viewport: PHONE, hasTouch: true });
  const page = await telephone.newPage();
  await page.goto(`/videos/${video}`);
  await expectPlays(page);
  await page.keyboard.press("6");
  await page.keyboard.press("k");
  await expect.poll(() => at(page)).toBeGreaterThan(11);
  await page.reload();
  await expectPlays(page);
  expect(await at(page)).toBeGreaterThan(11);
  // A finger asks for the controls; it does not pause.
  await expect(player(page)).toHaveAttribute("data-resting", "true");
  await picture(page).tap();
  await expect(player(page)).not.toHaveAttribute("data-resting");
  expect(await isPaused(page)).toBe(false);
  await expectAccessible(page);
  await shot(page, "player-6-telephone");

  // What the link says wins.
  await page.goto(`/videos/${video}?t=3`);
  await expectPlays(page);
  expect(await at(page)).toBeGreaterThan(3);
  expect(await at(page)).toBeLessThan(11);
  await page.keyboard.press("9");
  await expect(button(page, "Play again").first()).toBeVisible();
  await expectAccessible(page);
  await button(page, "Play again").first().tap();
  await expectPlays(page);
  expect(await at(page)).toBeLessThan(10);

  const playlists = /\.m3u8/;
  await page.route(playlists, (route) => route.abort());
  await page.goto(`/watch/${video}`);
  const alert = player(page).getByRole("alert");
  await expect(alert).toContainText("The video cannot be loaded.");
  await expectAccessible(page);
  await shot(page, "player-7-trouble");
  await page.unroute(playlists);
  await alert.getByRole("button", { name: "Try again" }).tap();
  await expect(alert).toBeHidden();
  await expectPlays(page);
  await telephone.close();
});

test("a video plays inside the page of another site", async ({ page, baseURL }) => {
  const complaints = complaintsOf(page);
  const src = `${baseURL}/embed/${video}?autoplay=1&muted=1&t=4`;
  const site = createServer((_, answer) => {
    answer.setHeader("Content-Type", "text/html");
    answer.end(`<!doctype html><title>Elsewhere</title><iframe src="${src}" width="640" height="360"
      allow="autoplay; fullscreen" title="A film"></iframe><iframe src="${baseURL}/embed/vid_01h455vb4pex5vsknk084sn02q"></iframe>`);
  });
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  try {
    // Another host: cookies, storage and frames are another site's.
    await page.goto(`http://localhost:${(site.address() as AddressInfo).port}/`);
    const frame = page.frameLocator("iframe").first();
    const time = () =>
      frame.locator("video").evaluate((it: HTMLVideoElement) => [it.currentTime, it.muted] as const);
    await expect.poll(async () => (await time())[0]).toBeGreaterThan(4.5);
    expect((await time())[1]).toBe(true);
    const link = frame.getByRole("link", { name: /^A test of patience/ });
    await expect(link).toHaveAttribute("href", `/watch/${video}`);
    await expect(link).toHaveAttribute("target", "_blank");
    await expect(link).toHaveAttribute("rel", "noopener");
    await frame.locator("video").hover();
    await shot(page, "player-8-embedded");
    await expect(page.frameLocator("iframe").last().getByRole("alert")).toContainText("was deleted");
    // What is not there is answered with 404.
    expect(complaints.filter((one) => !one.includes("404"))).toEqual([]);
    await page.goto(src.replace("autoplay=1&", ""));
    await expect(button(page, "Play").first()).toBeVisible();
    expect(await isPaused(page)).toBe(true);
    await expectAccessible(page);
  } finally {
    site.close();
  }
});
