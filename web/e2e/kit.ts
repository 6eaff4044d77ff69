// What the browser's tests share.
import AxeBuilder from "@axe-core/playwright";
import { type APIRequestContext, expect, type Page } from "@playwright/test";

const SHOTS = process.env.SKYLARK_SHOTS;
export const PASSWORD = "correct horse battery";

/** A picture of the page, where somebody wants to look at it. */
export async function shot(page: Page, name: string): Promise<void> {
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true });
}

/** What a theme can break; the other rules read nothing that it changes. */
const COLOUR_RULES = ["color-contrast", "link-in-text-block"];

/** Every rule in dark, and in light those that are about colours. Without motion: nothing is looked at half-faded. */
export async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of ["dark", "light"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const axe = new AxeBuilder({ page });
    const { violations } = await (colorScheme === "dark" ? axe : axe.withRules(COLOUR_RULES)).analyze();
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
    expect(found, colorScheme).toEqual([]);
  }
  await page.emulateMedia({ reducedMotion: "no-preference" });
}

/** Somebody with an account, as the API's other clients see them. */
export type Person = {
  id: string;
  username: string;
  accessToken: string;
  refreshToken: string;
};

let people = 0;

/** Makes an account through the API; its name begins with `kind`. */
export async function makePerson(request: APIRequestContext, kind: string): Promise<Person> {
  const username = `${kind}_${process.pid}_${Date.now() % 10_000_000}_${++people}`.slice(0, 32);
  const answer = await request.post("/api/v1/auth/register", {
    data: { username, email: `${username}@example.org`, password: PASSWORD },
  });
  expect(answer.status()).toBe(201);
  const { user, accessToken, refreshToken } = await answer.json();
  return { id: user.id, username, accessToken, refreshToken };
}

/** Opens the page as `person` from now on; the login page itself is tested once. */
export async function signInAs(page: Page, person: Person): Promise<void> {
  const { id: userId, username, accessToken, refreshToken } = person;
  await page.goto("/");
  await page.evaluate(
    (stored) => localStorage.setItem("skylark.session", stored),
    JSON.stringify({ userId, username, accessToken, refreshToken }),
  );
  await page.reload();
  await expect(page.getByRole("button", { name: `Account of ${username}` })).toBeVisible();
}

/** A new account, signed in. */
export async function signIn(page: Page, kind: string): Promise<Person> {
  const person = await makePerson(page.request, kind);
  await signInAs(page, person);
  return person;
}

/** The headers of `person`'s own requests to the API. */
export function bearer(person: Person): Record<string, string> {
  return { authorization: `Bearer ${person.accessToken}` };
}

/** Collects what the page complains of; errors that match `expected` are not taken. */
export function complaintsOf(page: Page, expected = /$^/): string[] {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !expected.test(message.text())) complaints.push(message.text());
  });
  return complaints;
}
