import * as v from "valibot";
import { expect, test } from "vitest";
import { passwordRules, profileRules, registerRules } from "./rules";

const good = { username: "ada_1815", email: "ada@example.org", password: "0123456789" };
const wrongFields = (input: object) =>
  Object.keys(v.flatten(v.safeParse(registerRules, input).issues ?? ([] as never)).nested ?? {});

test("what the API takes is taken", () => {
  expect(v.parse(registerRules, good)).toEqual(good);
});

test.each([
  ["ab", "username"],
  ["Ada", "username"],
  ["a".repeat(33), "username"],
  ["a b c", "username"],
  ["a@", "email"],
  ["@b", "email"],
  ["a@b@c", "email"],
  ["a b@c.de", "email"],
  ["a@b..c", "email"],
  ["123456789", "password"],
  ["é".repeat(65), "password"],
])("%s is refused as %s", (text, field) => {
  expect(wrongFields({ ...good, [field]: text })).toEqual([field]);
});

test("characters are counted as people do, and lines end as the API wants them", () => {
  const profile = { displayName: "🦉".repeat(64), bio: "one\r\ntwo\r\n" };
  expect(v.parse(profileRules, profile)).toEqual({ displayName: profile.displayName, bio: "one\ntwo" });
  expect(v.safeParse(profileRules, { ...profile, displayName: "🦉".repeat(65) }).success).toBe(false);
  expect(v.safeParse(passwordRules, { currentPassword: "", newPassword: good.password }).success).toBe(false);
});
