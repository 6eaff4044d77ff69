// Videos: uploaded from a real file, described, watched, shared and changed; and what goes wrong on the way.
import { type BrowserContext, expect, type Page, test } from "@playwright/test";
import { bearer, complaintsOf, expectAccessible, shot, signIn } from "./kit";
import { makeMovie, pad } from "./movies";

const MIB = 1024 * 1024;
const PHONE = { width: 390, height: 844 };

/** Lets requests to S3 through only when told so. */
function gate(): { hold: () => Promise<void>; open: () => void } {
  let open = () => {};
  const isOpen = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { hold: () => isOpen, open: () => open() };
}

/** Waits until pictures really move. */
async function expectPlays(page: Page): Promise<void> {
  const video = page.locator("video");
  await video.evaluate((element: HTMLVideoElement) => {
    element.muted = true;
    return element.play();
  });
  const at = await video.evaluate((element: HTMLVideoElement) => element.currentTime);
  await expect
    .poll(() => video.evaluate((element: HTMLVideoElement) => element.currentTime))
    .toBeGreaterThan(at + 0.5);
  expect(await video.evaluate((element: HTMLVideoElement) => element.videoWidth)).toBeGreaterThan(0);
}

const yours = (page: Page) => page.getByRole("region", { name: "Your videos" }).getByRole("article");
const uploadOf = (page: Page, name: string) => page.getByRole("region", { name });

async function expectClipboard(context: BrowserContext, page: Page, text: string | RegExp): Promise<void> {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toMatch(text);
}

// Everything is slow where several things are made at once.
test.setTimeout(300_000);

test("a video is described while it uploads, then watched, shared, changed and deleted", async ({
  page,
  context,
  browser,
}, info) => {
  // What was deleted is asked for once more, and answered with 404.
  const complaints = complaintsOf(page, /404/);
  const owner = await signIn(page, "filmer");
  const movie = process.env.SKYLARK_MOVIE ?? makeMovie(info.outputPath("tides.mp4"), 12);

  await page.goto("/videos");
  await expect(page.getByText("You have no videos yet")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("link", { name: "Upload a video" }).click();
  await expect(page.getByRole("button", { name: "Choose files" })).toBeVisible();
  await page
    .getByLabel("Video files")
    .setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("words") });
  await expect(page.getByRole("alert")).toContainText("notes.txt is not a video that can be taken");

  const s3 = gate();
  await page.route(/original\.mp4/, async (route) => {
    await s3.hold();
    await route.continue();
  });
  await page.getByLabel("Video files").setInputFiles(movie);
  const upload = uploadOf(page, "tides.mp4");
  await expect(upload.getByLabel("Title")).toHaveValue("tides");
  await upload.getByLabel("Title").fill("Tides <b>at dawn</b>");
  await upload.getByLabel("Description").fill("Seen from the pier.\nMore: https://tides.example/(north).");
  await upload.getByRole("button", { name: "Save" }).click();
  await expect(upload.getByText("Saved", { exact: true })).toBeVisible();
  await expectAccessible(page);
  await shot(page, "videos-1-uploading");

  // It goes on while other pages are shown, and what stands in the form stays.
  await upload.getByLabel("Artist").fill("The sea");
  await page.getByRole("link", { name: "Videos", exact: true }).first().click();
  await expect(yours(page).filter({ hasText: "at dawn" })).toContainText("Uploading");
  await page.getByRole("link", { name: /^Uploading \d+ %$/ }).click();
  await expect(upload.getByLabel("Artist")).toHaveValue("The sea");
  await upload.getByRole("button", { name: "Save" }).click();
  await expect(upload.getByText("Saved", { exact: true })).toBeVisible();
  s3.open();
  await expect(upload.getByText(/Making renditions|Looking at your video/).first()).toBeVisible();
  await shot(page, "videos-2-processing");
  await upload.getByRole("link", { name: "Watch it" }).click();

  await expect(page.getByRole("heading", { level: 1, name: "Tides <b>at dawn</b>" })).toBeVisible();
  const link = page.getByRole("link", { name: "https://tides.example/(north)" });
  await expect(link).toHaveAttribute("href", "https://tides.example/(north)");
  await expect(page.getByText("The sea")).toBeVisible();
  await expectPlays(page);
  await expectAccessible(page);
  await shot(page, "videos-3-watch");

  // Shared from where the player is.
  await page.locator("video").evaluate((video: HTMLVideoElement) => {
    video.pause();
    video.currentTime = 5.2;
  });
  await page.getByRole("button", { name: "Share" }).click();
  await page.getByLabel("Begin at 0:05").check();
  await shot(page, "videos-4-share");
  await page.getByRole("button", { name: "Copy the link" }).click();
  await expectClipboard(context, page, /\/watch\/vid_\w+\?t=5$/);
  const shared = await page.getByLabel("Link", { exact: true }).inputValue();
  await expect(page.getByLabel("Code for another site")).toHaveValue(
    /<iframe src="[^"]+\/embed\/vid_\w+".* title="Tides &lt;b&gt;/,
  );
  await page.keyboard.press("Escape");

  const guest = await (await browser.newContext({ viewport: PHONE })).newPage();
  await guest.goto(shared);
  await expectPlays(guest);
  const at = await guest.locator("video").evaluate((video: HTMLVideoElement) => video.currentTime);
  expect(at).toBeGreaterThan(5);
  await expect(guest.getByRole("button", { name: "Edit" })).toHaveCount(0);
  await expectAccessible(guest);
  await shot(guest, "videos-5-guest");

  // Somebody else was quicker: nothing that was typed is lost.
  const id = /vid_\w+/.exec(shared)?.[0] ?? "";
  await page.getByRole("button", { name: "Edit" }).click();
  const dialog = page.getByRole("dialog", { name: "Edit the video" });
  await dialog.getByLabel("Title").fill("Tides at noon");
  const headers = { ...bearer(owner), "if-match": "*" };
  const elsewhere = await page.request.patch(`/api/v1/videos/${id}`, {
    headers,
    data: { artist: "The moon" },
  });
  expect(elsewhere.status()).toBe(200);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByRole("alert")).toBeVisible();
  await expect(dialog.getByLabel("Title")).toHaveValue("Tides at noon");
  await expectAccessible(page);
  await shot(page, "videos-6-changed-elsewhere");
  await dialog.locator("button[type=reset]").click();
  await expect(dialog.getByLabel("Artist")).toHaveValue("The moon");
  await dialog.getByLabel("Title").fill("");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByText("Give it a title.")).toBeVisible();
  await dialog.getByLabel("Title").fill("Tides at noon");
  await dialog.getByLabel("Who finds it").selectOption("UNLISTED");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Tides at noon" })).toBeVisible();
  await expect(page.getByText("Unlisted")).toBeVisible();

  await page.getByRole("button", { name: "Choose the picture" }).click();
  await expect(page.getByRole("button", { name: /^The picture at/ })).not.toHaveCount(0);
  await shot(page, "videos-7-picture");
  await page
    .getByRole("button", { name: /^The picture at/ })
    .last()
    .click();
  await expect(page.getByText("The picture is chosen.")).toBeVisible();

  await page.getByRole("main").getByRole("button", { name: "Captions", exact: true }).last().click();
  const captions = page.getByRole("dialog", { name: "Captions" });
  const file = (text: string) => ({ name: "tides.vtt", mimeType: "text/vtt", buffer: Buffer.from(text) });
  await captions.getByLabel("WebVTT file").setInputFiles(file("1\n00:00:00,000 --> 00:00:12,000\nWaves\n"));
  await captions.getByRole("button", { name: "Add captions" }).click();
  await expect(captions.getByText("This is no WebVTT file")).toBeVisible();
  await captions.getByLabel("Language").selectOption("other");
  await captions.getByLabel("Its tag").fill("pt-br");
  await captions
    .getByLabel("WebVTT file")
    .setInputFiles(file("\uFEFFWEBVTT\n\n00:00.000 --> 00:12.000\nOndas\n"));
  await captions.getByRole("button", { name: "Add captions" }).click();
  const remove = captions.getByRole("button", { name: "Remove the captions in Brazilian Portuguese" });
  await expect(remove).toBeVisible();
  await expectAccessible(page);
  await shot(page, "videos-15-captions");
  await remove.click();
  await expect(captions.getByText("There are none yet.")).toBeVisible();
  await page.keyboard.press("Escape");

  await page.goto("/videos");
  await expect(yours(page).filter({ hasText: "Tides at noon" })).toContainText("Unlisted");
  await expectAccessible(page);
  await shot(page, "videos-8-list");
  await page.getByRole("link", { name: "Tides at noon" }).first().click();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Delete it" }).click();
  await expect(page.getByText("You have no videos yet")).toBeVisible();
  // What anybody may read is kept for some seconds.
  await expect(async () => {
    await guest.reload();
    await expect(guest.getByRole("heading", { name: "This video is not here" })).toBeVisible({
      timeout: 3_000,
    });
  }).toPass();
  expect(complaints).toEqual([]);
});

test("a large upload outlives a pause, a lost network and a reload", async ({ page, context }, info) => {
  // The network is really cut.
  complaintsOf(page);
  const owner = await signIn(page, "patient");
  const movie = makeMovie(info.outputPath("long.mp4"), 1);
  pad(movie, 76 * MIB);

  // Parts that go through, and what has been sent; the others wait for a gate that opens late.
  let through = 2;
  const sent: number[] = [];
  const s3 = gate();
  await page.route(/original\.mp4.*partNumber=/, async (route) => {
    const number = Number(new URL(route.request().url()).searchParams.get("partNumber"));
    if (number > through) await s3.hold();
    // Those that were given up meanwhile are gone.
    await route.continue().catch(() => undefined);
  });
  page.on("response", (answer) => {
    const number = Number(new URL(answer.url()).searchParams.get("partNumber"));
    if (number && answer.status() === 200) sent.push(number);
  });

  await page.goto("/videos/upload");
  await page.getByLabel("Video files").setInputFiles(movie);
  const upload = uploadOf(page, "long.mp4");
  const percent = async () => Number(/(\d+) %/.exec((await upload.textContent()) ?? "")?.[1]);
  await expect.poll(percent).toBeGreaterThanOrEqual(20);

  await upload.getByRole("button", { name: "Pause" }).click();
  await expect(upload.getByText("Paused").first()).toBeVisible();
  await shot(page, "videos-9-paused");
  through = 4;
  await upload.getByRole("button", { name: "Go on" }).click();
  await expect.poll(percent).toBeGreaterThanOrEqual(40);

  await context.setOffline(true);
  await expect(upload.getByText("The connection is lost").first()).toBeVisible();
  await shot(page, "videos-10-offline");
  through = 6;
  await context.setOffline(false);
  await expect.poll(percent).toBeGreaterThanOrEqual(60);

  // Leaving is asked about first; then the file must be chosen again.
  const [dialog] = await Promise.all([
    page.waitForEvent("dialog").then(async (asked) => {
      await asked.accept();
      return asked;
    }),
    page.reload(),
  ]);
  expect(dialog.type()).toBe("beforeunload");
  const left = page.getByRole("region", { name: "Unfinished uploads" });
  await expect(left.getByText(/[6-9]\d % has come/)).toBeVisible();
  await expectAccessible(page);
  await shot(page, "videos-11-unfinished");
  const again = left.getByLabel("Go on with long.mp4: choose it again", { exact: true }).last();
  await again.setInputFiles({ name: "long.mp4", mimeType: "video/mp4", buffer: Buffer.from("another") });
  await expect(left.getByRole("alert")).toContainText("That is another file");
  s3.open();
  await again.setInputFiles(movie);
  await expect(upload.getByRole("link", { name: "Watch it" })).toBeVisible();
  await expect(left).toHaveCount(0);
  // What had come was not sent again.
  const counts = sent.filter((number) => number <= 6).sort((one, other) => one - other);
  expect(counts).toEqual([1, 2, 3, 4, 5, 6]);
  const { items } = await (
    await page.request.get("/api/v1/videos?userId=me", { headers: bearer(owner) })
  ).json();
  expect(items).toHaveLength(1);
});

test("what goes wrong with a file is said, and what can be done", async ({ page }, info) => {
  const owner = await signIn(page, "unlucky");
  await page.goto("/videos/upload");

  // Two files: one after the other. The first is held until it is given up.
  await page.route(/original\.mp4/, () => new Promise(() => {}));
  const slow = { name: "slow.mp4", mimeType: "video/mp4", buffer: Buffer.alloc(300_000) };
  const broken = { name: "words.mkv", mimeType: "", buffer: Buffer.from("Words, no pictures.\n".repeat(99)) };
  await page.getByLabel("Video files").setInputFiles([slow, broken]);
  const [first, second] = [uploadOf(page, "slow.mp4"), uploadOf(page, "words.mkv")];
  await expect(second.getByText("Waits for its turn").first()).toBeVisible();
  await expectAccessible(page);
  await shot(page, "videos-12-queue");
  await first.getByRole("button", { name: "Cancel the upload" }).click();
  await page.getByRole("button", { name: "Drop it" }).click();
  await expect(first).toHaveCount(0);

  await expect(second.getByRole("alert")).toContainText("Unsupported format");
  await expect(second.getByRole("link", { name: "Upload another file" })).toBeVisible();
  await shot(page, "videos-13-no-video");
  await page.goto("/videos");
  const failed = yours(page).filter({ hasText: "words" });
  await expect(failed).toContainText("Unsupported format");
  await expect(yours(page)).toHaveCount(1);
  await shot(page, "videos-14-failed");

  // A failure of ours can be tried again. Ours do not fail when asked to: the first answers are made up.
  const { id } = await published(page, owner.accessToken, makeMovie(info.outputPath("short.mp4"), 1));
  const failure = { code: "internal", message: "Processing failed on our side: try again.", retryable: true };
  let state: object | undefined = { status: "FAILED", failure };
  await page.route(`**/api/v1/videos/${id}`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), ...state } });
  });
  await page.goto(`/videos/${id}`);
  await expect(page.getByText(failure.message)).toBeVisible();
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("alert").nth(1)).toBeVisible();
  await expectAccessible(page);
  const processing = { status: "PROCESSING", progress: { phase: "TRANSCODING", percent: 40 } };
  await page.route(`**/api/v1/videos/${id}/retry`, async (route) => {
    state = processing;
    const headers = bearer(owner);
    const video = await (await page.request.get(`/api/v1/videos/${id}`, { headers })).json();
    await route.fulfill({ status: 202, json: { ...video, ...processing } });
  });
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByText("Making renditions")).toBeVisible();
  state = undefined;
  await expectPlays(page);
});

/** A video that was uploaded without a page, once it is READY. */
async function published(page: Page, token: string, path: string): Promise<{ id: string }> {
  const { readFileSync } = await import("node:fs");
  const file = readFileSync(path);
  const headers = { authorization: `Bearer ${token}` };
  const data = { fileName: "short.mp4", contentType: "video/mp4", fileSize: file.length, title: "Short" };
  const begun = await (await page.request.post("/api/v1/uploads", { headers, data })).json();
  const put = await page.request.put(begun.url, { headers: begun.headers, data: file });
  expect(put.status()).toBe(200);
  const statusOf = async () =>
    (await (await page.request.get(`/api/v1/videos/${begun.videoId}`, { headers })).json()).status;
  await expect.poll(statusOf).toBe("READY");
  return { id: begun.videoId };
}
