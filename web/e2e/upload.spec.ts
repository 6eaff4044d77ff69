// A person opens the page, makes an account, uploads a real file and watches it. Started by tests/tests/e2e_browser.rs.
import { expect, type Page, test } from "@playwright/test";
import { complaintsOf, expectAccessible, register, shot } from "./kit";

const FILE = process.env.SKYLARK_MOVIE ?? "";

/** Waits until pictures really move. */
async function expectPlays(page: Page, width: number): Promise<void> {
  const video = page.locator("video");
  await video.evaluate((element: HTMLVideoElement) => {
    element.muted = true;
    return element.play();
  });
  await expect
    .poll(() => video.evaluate((element: HTMLVideoElement) => element.currentTime))
    .toBeGreaterThan(0.5);
  const shown = await video.evaluate((element: HTMLVideoElement) => [element.videoWidth, element.error]);
  expect(shown[0]).toBeGreaterThan(0);
  expect(shown[0]).toBeLessThanOrEqual(width);
  expect(shown[1]).toBeNull();
}

test("a browser uploads and plays", async ({ page, browser }) => {
  // A wrong password and an anonymous refresh are answered with 401, which Chromium prints.
  const complaints = complaintsOf(page, /401/);
  await page.goto("/");
  await expectAccessible(page);
  await shot(page, "1-signed-out");

  const name = `viewer_${Date.now() % 1_000_000_000}`;
  await page.getByLabel("Username").fill(name);
  await page.getByLabel("Password").fill("wrong password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toHaveText("Username or password is not right.");
  await page.getByRole("button", { name: "Create an account" }).click();
  await page.getByLabel("E-mail").fill(`${name}@example.org`);
  await page.getByLabel("Password").fill("correct horse battery");
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByText(name)).toBeVisible();

  await page.getByLabel("Video file").setInputFiles(FILE);
  await page.getByLabel("Title", { exact: true }).fill("Tides <b>at dawn</b>");
  await shot(page, "2-chosen");
  await page.getByRole("button", { name: "Upload", exact: true }).click();
  await expect(page.getByText(/Making renditions/)).toBeVisible();
  await expectAccessible(page);
  await shot(page, "3-processing");
  await expectPlays(page, 1920);
  await expect(page.getByRole("heading", { name: "Tides <b>at dawn</b>" })).toBeVisible();
  await expectAccessible(page);
  await shot(page, "4-playing");

  // The link works for somebody else, and on a telephone.
  const guest = await browser.newPage({ viewport: { width: 390, height: 844 } });
  await guest.goto(page.url());
  await expectPlays(guest, 1920);
  await expect(guest.getByRole("button", { name: /Tides/ })).toBeVisible();
  await shot(guest, "5-telephone");

  // The session outlives a reload; signing out ends it.
  await page.reload();
  await expect(page.getByText(name)).toBeVisible();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByLabel("Password")).toBeVisible();
  expect(complaints).toEqual([]);
});

test("a file that is no video says so", async ({ page }) => {
  await page.goto("/");
  await register(page, "writer");
  const buffer = Buffer.from("These are words, not pictures.\n".repeat(20));
  await page.getByLabel("Video file").setInputFiles({ name: "words.mp4", mimeType: "video/mp4", buffer });
  await page.getByRole("button", { name: "Upload", exact: true }).click();
  await expect(page.getByRole("alert")).toContainText("Unsupported format");
});

test("a cancelled upload is given up", async ({ page }) => {
  await page.goto("/");
  await register(page, "quitter");
  // The file never arrives: S3's answer is awaited until the person gives up.
  await page.route(/original\.mp4/, () => new Promise(() => {}));
  const buffer = Buffer.alloc(100_000);
  await page.getByLabel("Video file").setInputFiles({ name: "slow.mp4", mimeType: "video/mp4", buffer });
  await page.getByRole("button", { name: "Upload", exact: true }).click();
  const aborted = page.waitForResponse((response) => response.request().method() === "DELETE");
  await page.getByRole("button", { name: "Cancel" }).click();
  expect((await aborted).status()).toBe(204);
  await expect(page.getByRole("button", { name: "Upload", exact: true })).toBeVisible();
});
