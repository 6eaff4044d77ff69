// Accounts as people have them: signing up and in, staying, settings, and the end. Started by tests/tests/e2e_browser.rs.
import { type BrowserContext, expect, type Page, test } from "@playwright/test";
import { bearer, complaintsOf, expectAccessible, makePerson, PASSWORD, shot, signIn, signInAs } from "./kit";

/** What the browser itself says of an answer that is an error. */
const REFUSED = /status of 4\d\d/;

const alert = (page: Page, words: string | RegExp) => page.getByRole("alert").filter({ hasText: words });
const accountOf = (page: Page, username: string) =>
  page.getByRole("button", { name: `Account of ${username}` });

async function logIn(page: Page, name: string, password: string): Promise<void> {
  await page.getByLabel("Username or e-mail address").fill(name);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("main").getByRole("button", { name: "Log in" }).click();
}

/** Makes the access token one that is not good any more, as time does, and answers what is stored then. */
async function wearOut(page: Page): Promise<string> {
  return page.evaluate(() => {
    const stored = JSON.parse(localStorage.getItem("skylark.session") ?? "{}");
    stored.accessToken = `${stored.accessToken.slice(0, -4)}AAAA`;
    const worn = JSON.stringify(stored);
    localStorage.setItem("skylark.session", worn);
    return worn;
  });
}

/** The refreshes that this browser asks for. */
function refreshesOf(context: BrowserContext): string[] {
  const seen: string[] = [];
  context.on("request", (request) => {
    if (request.url().endsWith("/auth/refresh")) seen.push(request.url());
  });
  return seen;
}

test("somebody signs up, is told what is wrong, and comes where they wanted to go", async ({
  page,
  request,
}) => {
  const complaints = complaintsOf(page, REFUSED);
  const taken = await makePerson(request, "taken");
  await page.goto("/streams/create");
  await expect(page.getByRole("heading", { name: "Log in" })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("main").getByRole("link", { name: "Sign up" }).click();

  const username = `new_${process.pid}_${Date.now() % 10_000_000}`;
  const field = (label: string) => page.getByLabel(label, { exact: true });
  const submit = () => page.getByRole("button", { name: "Create account" }).click();
  await field("Username").fill("Ada Lovelace");
  await field("E-mail address").fill("ada");
  await field("Password").fill("short");
  await submit();
  await expect(alert(page, "3 to 32 characters")).toBeVisible();
  await expect(alert(page, "Give an e-mail address")).toBeVisible();
  await expect(alert(page, "10 to 128 characters")).toBeVisible();
  await expect(field("Username")).toBeFocused();
  await expectAccessible(page);
  await shot(page, "register-errors");

  await field("Username").fill(taken.username);
  await field("E-mail address").fill(`${username}@example.org`);
  await field("Password").fill(PASSWORD);
  await submit();
  await expect(alert(page, "This username is taken")).toBeVisible();
  await field("Username").fill(username);
  await field("E-mail address").fill(`${taken.username}@example.org`);
  await submit();
  await expect(alert(page, "has an account: log in instead")).toBeVisible();
  await expect(field("Password")).toHaveValue(PASSWORD);
  await page.getByRole("button", { name: "Show the password" }).click();
  await expect(field("Password")).toHaveAttribute("type", "text");
  await field("E-mail address").fill(`${username}@example.org`);
  await submit();
  await expect(page).toHaveURL(/\/streams\/create$/);
  await expect(page.getByRole("heading", { name: "Create a stream" })).toBeVisible();

  await accountOf(page, username).click();
  await expectAccessible(page);
  await page.getByRole("menuitem", { name: "Log out" }).click();
  await expect(page).toHaveURL(/\/$/);
  await expect(page.getByRole("link", { name: "Log in" }).first()).toBeVisible();

  await page.goto("/login?next=//evil.example/");
  await logIn(page, username, "not my password");
  await expect(alert(page, "The username or the password is not right.")).toBeVisible();
  await expectAccessible(page);
  await logIn(page, `${username}@example.org`, PASSWORD);
  await expect(accountOf(page, username)).toBeVisible();
  await expect(page).toHaveURL(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  await page.goto("/login?next=/streams");
  await expect(page).toHaveURL(/\/streams$/);
  expect(complaints).toEqual([]);
});

test("who tries too often is told when to try again", async ({ page, request }) => {
  const person = await makePerson(request, "hasty");
  const data = { username: person.username, password: "guess after guess" };
  for (let tries = 0; tries < 10; tries++) await request.post("/api/v1/auth/login", { data });
  await page.goto("/login");
  await logIn(page, person.username, PASSWORD);
  await expect(alert(page, /Too many tries\. Try again in \d+ minutes\./)).toBeVisible();
});

test("a session outlives its access token, in two tabs with one exchange", async ({ page, context }) => {
  const person = await signIn(page, "staying");
  const other = await context.newPage();
  await other.goto("/settings");
  await expect(other.getByRole("heading", { name: "Settings" })).toBeVisible();
  const refreshes = refreshesOf(context);
  await wearOut(page);
  await Promise.all([page.goto("/settings"), other.reload()]);
  for (const tab of [page, other]) {
    await expect(tab.getByText(`${person.username}@example.org`)).toBeVisible();
    await expect(accountOf(tab, person.username)).toBeVisible();
  }
  expect(refreshes).toHaveLength(1);
  await page.reload();
  await expect(page.getByText(`${person.username}@example.org`)).toBeVisible();
  expect(refreshes).toHaveLength(1);

  // News of an exchange may reach another tab after its turn has come: it must not spend the token again.
  const late = await context.newPage();
  await late.addInitScript(
    (old) => {
      const getItem = Storage.prototype.getItem;
      Storage.prototype.getItem = function (key) {
        return key === "skylark.session" ? old : getItem.call(this, key);
      };
    },
    await wearOut(page),
  );
  await page.reload();
  await expect(page.getByText(`${person.username}@example.org`)).toBeVisible();
  await expect.poll(() => refreshes.length).toBe(2);
  await late.goto("/settings");
  await expect(late.getByText(`${person.username}@example.org`)).toBeVisible();
  expect(refreshes).toHaveLength(2);
  await late.close();
  await page.reload();
  await expect(page.getByText(`${person.username}@example.org`)).toBeVisible();

  // What one tab ends is over in the other.
  await accountOf(page, person.username).click();
  await page.getByRole("menuitem", { name: "Log out" }).click();
  await expect(other.getByRole("heading", { name: "Log in" })).toBeVisible();
  await expect(other).toHaveURL(/\/login\?next=%2Fsettings$/);
});

test("a profile is edited, and who is overtaken keeps their words", async ({ page, request }) => {
  const complaints = complaintsOf(page, REFUSED);
  const person = await signIn(page, "settled");
  await page.goto("/settings");
  const name = page.getByLabel("Name to show");
  const bio = page.getByLabel("About you");
  await name.fill("Ada Lovelace");
  await bio.fill("Engines,\nand owls.");
  const save = page.getByRole("button", { name: "Save" });
  await save.click();
  await expect(page.getByText("Saved")).toBeVisible();
  await expectAccessible(page);

  const headers = { ...bearer(person), "If-Match": "*" };
  await request.patch("/api/v1/users/me", { headers, data: { bio: "From my telephone." } });
  await name.fill("Countess");
  await save.click();
  await expect(alert(page, "changed elsewhere in the meantime")).toBeVisible();
  await expect(name).toHaveValue("Countess");
  await expectAccessible(page);
  await page.getByRole("button", { name: "Show the newest instead" }).click();
  await expect(name).toHaveValue("Ada Lovelace");
  await expect(bio).toHaveValue("From my telephone.");
  await bio.fill("Engines,\nand owls.");
  await save.click();
  await expect(page.getByText("Saved")).toBeVisible();
  await bio.fill("x".repeat(501));
  await save.click();
  await expect(alert(page, "at most 500 characters")).toBeVisible();

  await page.getByRole("link", { name: "See your profile" }).click();
  await expect(page.getByRole("heading", { name: "Ada Lovelace" })).toBeVisible();
  await expect(page.getByText("and owls.")).toBeVisible();
  await expect(page.getByRole("link", { name: "Edit profile" })).toBeVisible();
  await expectAccessible(page);
  await page.goto("/u/nobody_of_this_name");
  await expect(page.getByRole("heading", { name: "There is nobody of this name" })).toBeVisible();
  await expectAccessible(page);
  expect(complaints).toEqual([]);
});

test("another browser loses the session with the password, and when one logs out everywhere", async ({
  page,
  browser,
}) => {
  const person = await signIn(page, "everywhere");
  const elsewhere = await (await browser.newContext()).newPage();
  const enter = async (password: string) => {
    await elsewhere.goto("/login?next=/settings");
    await logIn(elsewhere, person.username, password);
    await expect(elsewhere.getByRole("heading", { name: "Settings" })).toBeVisible();
  };
  const expectLost = async () => {
    await wearOut(elsewhere);
    await elsewhere.reload();
    await expect(elsewhere.getByRole("heading", { name: "Log in" })).toBeVisible();
  };
  await enter(PASSWORD);
  await page.goto("/settings");
  const change = async (current: string) => {
    await page.getByLabel("Current password").fill(current);
    await page.getByLabel("New password").fill("tr0ub4dor & 3 others");
    await page.getByRole("button", { name: "Change password" }).click();
  };
  await change("not my password");
  await expect(alert(page, "This is not your password.")).toBeVisible();
  await expect(page.getByLabel("New password")).toHaveValue("tr0ub4dor & 3 others");
  await change(PASSWORD);
  await expect(page.getByText("Your password is changed.")).toBeVisible();
  await expect(page.getByLabel("New password")).toHaveValue("");
  await expectLost();
  await enter("tr0ub4dor & 3 others");
  await page.reload();
  await expect(page.getByText(`${person.username}@example.org`)).toBeVisible();

  await page.getByRole("button", { name: "Log out everywhere" }).click();
  const dialog = page.getByRole("dialog", { name: "Log out everywhere?" });
  await expect(dialog).toBeVisible();
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Log out everywhere" }).click();
  await expect(page).toHaveURL(/\/$/);
  await expect(accountOf(page, person.username)).toBeHidden();

  await expectLost();
  await elsewhere.context().close();
});

test("an account is deleted once its name is typed", async ({ page, request }) => {
  const person = await makePerson(request, "leaving");
  await signInAs(page, person);
  await page.goto("/settings");
  await page.getByRole("button", { name: "Delete account" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel(`Type ${person.username} to go on`).fill("somebody");
  await dialog.getByRole("button", { name: "Delete account" }).click();
  await expect(alert(page, `This is not ${person.username}.`)).toBeVisible();
  await expectAccessible(page);
  await shot(page, "delete-account");
  await dialog.getByLabel(`Type ${person.username} to go on`).fill(person.username);
  await dialog.getByRole("button", { name: "Delete account" }).click();
  await expect(page.getByText("Your account is deleted.")).toBeVisible();
  await expect(page).toHaveURL(/\/$/);
  await page.goto(`/u/${person.username}`);
  await expect(page.getByRole("heading", { name: "There is nobody of this name" })).toBeVisible();
  const data = { username: person.username, password: PASSWORD };
  expect((await request.post("/api/v1/auth/login", { data })).status()).toBe(401);
});
