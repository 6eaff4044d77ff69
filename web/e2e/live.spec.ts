// A stream is watched: from before it begins to its video, through a cut line, back in time, and at the edge.
import { expect, type Locator, type Page, test } from "@playwright/test";
import { ageOf, glassToGlass } from "./clock";
import { Encoder, WIDTH } from "./encoder";
import { bearer, complaintsOf, expectAccessible, makePerson, shot } from "./kit";
import { ingestUrl, liveAt, makeStream } from "./onair";

const PHONE = { width: 390, height: 844 };
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

// Everything is slow where several things are made at once.
test.setTimeout(240_000);

const picture = (page: Page): Locator => page.locator("video");
const player = (page: Page): Locator => page.getByRole("region", { name: /^Player:/ });
const behind = async (page: Page): Promise<number> =>
  Number(await page.getByRole("slider", { name: "Position" }).inputValue());

/** Goes to the edge, by the button that comes with the mouse. */
async function goToLive(page: Page): Promise<void> {
  await picture(page).hover();
  await page.getByRole("button", { name: "Go to live" }).click();
}

/** Waits until pictures move for `seconds` from now on. */
async function expectPlays(page: Page, seconds = 1): Promise<void> {
  const look = () =>
    picture(page).evaluate((element: HTMLVideoElement) => ({
      seconds: element.currentTime,
      frames: element.getVideoPlaybackQuality().totalVideoFrames,
    }));
  await expectPicture(page);
  const before = await look();
  await expect.poll(async () => (await look()).seconds).toBeGreaterThan(before.seconds + seconds);
  await expect.poll(async () => (await look()).frames).toBeGreaterThan(before.frames + 10);
}

/** Waits for the first picture of the encoder. */
async function expectPicture(page: Page): Promise<void> {
  const width = () => picture(page).evaluate((element: HTMLVideoElement) => element.videoWidth);
  await expect.poll(width, { intervals: [50] }).toBe(WIDTH);
}

test("a stream begins by itself, is gone back in, outlives a cut line and ends with its video", async ({
  page,
  browser,
}) => {
  // While nobody sends, a playlist that waits for more is answered with 503, and a new one with 404.
  const complaints = complaintsOf(page, /503|404/);
  const owner = await makePerson(page.request, "harbour");
  const soon = new Date(Date.now() + 3_600_000).toISOString();
  const planned = await makeStream(page.request, owner, { title: "Tomorrow's tide", scheduledAt: soon });
  await page.goto(`/streams/${planned.id}`);
  await expect(page.getByRole("timer")).toContainText(/Begins in 59:\d\d|Begins in 01:00:00/);
  await expect(page.getByText("It begins here by itself.")).toBeVisible();
  await expectAccessible(page);
  await shot(page, "live-1-planned");

  const made = await makeStream(page.request, owner, { title: "Harbour at noon", description: "Boats." });
  await page.goto(`/live/${made.id}`);
  await expect(page.getByRole("heading", { name: "Harbour at noon", level: 1 })).toBeVisible();
  await expect(page.getByText("Not live yet")).toBeVisible();
  const first = encode(await ingestUrl(page.request, owner, made));
  const [, shownAt] = await Promise.all([
    liveAt(page.request, made).then((at) =>
      console.log(`the API says LIVE ${at - first.startedAt} ms after the encoder was started`),
    ),
    expect(player(page))
      .toBeVisible()
      .then(() => Date.now()),
  ]);
  console.log(`the page shows the player ${shownAt - first.startedAt} ms after the encoder was started`);
  await expectPicture(page);
  console.log(`it shows a picture ${Date.now() - first.startedAt} ms after the encoder was started`);
  await expectPlays(page);
  await expect(page.getByText(/^\d+ watching/)).toBeVisible();
  await expect(page.getByRole("link", { name: owner.username })).toHaveAttribute(
    "href",
    `/u/${owner.username}`,
  );
  await expectAccessible(page);
  await shot(page, "live-2-playing");

  // Somebody on a telephone comes later.
  const telephone = await browser.newContext({ viewport: PHONE });
  const guest = await telephone.newPage();
  await guest.goto(`/streams/${made.id}`);
  await expectPlays(guest);
  await expectAccessible(guest);
  await shot(guest, "live-3-telephone");

  // Back to where it began: the picture is as old as the bar says. And forth.
  const slider = page.getByRole("slider", { name: "Position" });
  await expect.poll(async () => Number(await slider.getAttribute("min"))).toBeLessThan(-20);
  await page.keyboard.press("0");
  await expect.poll(() => behind(page)).toBeLessThan(-18);
  await expectPlays(page);
  const age = (await ageOf(picture(page))) ?? 0;
  console.log(`gone back: the picture is ${age} ms old, the bar says ${await behind(page)} s`);
  expect(Math.abs(age / 1000 + (await behind(page)))).toBeLessThan(2.5);
  await shot(page, "live-4-back");
  await page.keyboard.press("l");
  await expect.poll(() => behind(page)).toBeGreaterThan(-age / 1000 + 5);
  await goToLive(page);
  await expect(player(page).getByText("Live", { exact: true })).toBeVisible();
  await expectPlays(page);
  expect(await ageOf(picture(page))).toBeLessThan(6_000);

  // The same player goes on after the encoder's line was cut.
  await picture(page).evaluate((element) => element.setAttribute("data-seen", "before"));
  await first.kill();
  await expect(page.getByText("The broadcast was interrupted.")).toBeVisible();
  await shot(page, "live-5-cut-off");
  encode(await ingestUrl(page.request, owner, made));
  await expect(page.getByText("The broadcast was interrupted.")).toBeHidden();
  await expectPlays(page, 2);
  await expect(picture(page)).toHaveAttribute("data-seen", "before");
  await expectPlays(guest);

  await page.request.post(`/api/v1/streams/${made.id}/stop`, { headers: bearer(owner) });
  await expect(guest.getByText("The stream is over.")).toBeVisible();
  const toVideo = page.getByRole("link", { name: "Watch the video" });
  await expect(toVideo).toBeVisible();
  await expectAccessible(page);
  await shot(page, "live-6-over");
  await toVideo.click();
  await expect(page).toHaveURL(/\/videos\/vid_/);
  await expectPlays(page);
  await telephone.close();
  expect(complaints).toEqual([]);
});

test("a low-latency stream is seen at once, and goes on where it was paused", async ({ page }) => {
  const complaints = complaintsOf(page);
  const owner = await makePerson(page.request, "swift");
  const made = await makeStream(page.request, owner, { title: "Swift" });
  encode(await ingestUrl(page.request, owner, made));
  await liveAt(page.request, made);
  await page.goto(`/streams/${made.id}`);
  await expectPlays(page, 6);
  const { median, p95 } = await glassToGlass(picture(page));
  console.log(`glass to glass, low latency: median ${median} ms, p95 ${p95} ms`);
  expect(p95).toBeLessThan(6_000);
  const said = await page.getByText(/^\d+\.\d s behind$/).textContent();
  console.log(`the player says ${said}`);
  expect(Math.abs(Number.parseFloat(said ?? "") * 1000 - median)).toBeLessThan(1_500);

  await page.keyboard.press("k");
  await expect(page.getByRole("button", { name: "Go to live" })).toBeVisible();
  const pausedAt = Date.now();
  const shown = (await ageOf(picture(page))) ?? 0;
  await expect.poll(() => behind(page)).toBeLessThan(-12);
  await page.keyboard.press("k");
  await expectPlays(page);
  const age = (await ageOf(picture(page))) ?? 0;
  const away = Date.now() - pausedAt;
  console.log(`paused for ${away} ms with a picture ${shown} ms old: it went on ${age} ms behind`);
  expect(age).toBeGreaterThan(10_000);
  await goToLive(page);
  await expectPlays(page);
  expect(await ageOf(picture(page))).toBeLessThan(6_000);

  // Alone, for other sites: it waits to be asked for.
  await page.goto(`/embed/${made.id}`);
  await page.getByRole("button", { name: "Play" }).click();
  await expectPlays(page);
  await picture(page).hover();
  await expect(page.getByRole("link", { name: /^Swift/ })).toHaveAttribute("href", `/live/${made.id}`);
  await expectAccessible(page);
  expect(complaints).toEqual([]);
});

test("a plain stream is seen soon, and who may not see it is told why", async ({ page, browser }) => {
  const complaints = complaintsOf(page);
  const owner = await makePerson(page.request, "steady");
  const made = await makeStream(page.request, owner, {
    title: "Steady",
    lowLatencyEnabled: false,
    visibility: "UNLISTED",
  });
  encode(await ingestUrl(page.request, owner, made));
  await liveAt(page.request, made);
  await page.goto(`/streams/${made.id}`);
  await expectPlays(page, 6);
  const { median, p95 } = await glassToGlass(picture(page));
  console.log(`glass to glass, plain: median ${median} ms, p95 ${p95} ms`);
  expect(p95).toBeLessThan(10_000);
  expect(complaints).toEqual([]);

  const guest = await (await browser.newContext()).newPage();
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
  await expectAccessible(guest);
  code = "viewer-cap-reached";
  await expect(guest.getByText("The stream is full")).toBeVisible();
  await shot(guest, "live-7-full");
  // Once there is room the player gets in by itself.
  code = "";
  await expectPlays(guest);

  // When the network is gone for longer than hls.js has patience, it begins anew.
  const media = /\.(m3u8|m4s)/;
  await guest.route(media, (route) => route.abort());
  await expect(guest.getByText("Reconnecting")).toBeVisible();
  await guest.waitForRequest(/\/api\/video\//);
  await shot(guest, "live-8-reconnecting");
  await guest.unroute(media);
  await expectPlays(guest);
  await expect(guest.getByText("Reconnecting")).toBeHidden();

  await guest.goto("/streams/str_01h455vb4pex5vsknk084sn02q");
  await expect(guest.getByRole("heading", { name: "This stream is not here" })).toBeAttached();
  await expectAccessible(guest);
});
