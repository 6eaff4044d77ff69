// What the fields of an account may hold, as the API says it: told before anything is sent.
import * as v from "valibot";
import { texts } from "../../lib/texts";

const { rules } = texts.auth;
/** Characters as people count them. */
const characters = (text: string) => [...text].length;

const missing = v.pipe(v.string(), v.nonEmpty(rules.missing));
const newPassword = v.pipe(
  v.string(),
  // The upper bound is in bytes: they are what is hashed.
  v.check((text) => characters(text) >= 10 && new TextEncoder().encode(text).length <= 128, rules.password),
);

export const loginRules = v.object({ username: v.pipe(missing, v.trim()), password: missing });

export const registerRules = v.object({
  username: v.pipe(v.string(), v.trim(), v.regex(/^[a-z0-9_]{3,32}$/, rules.username)),
  email: v.pipe(v.string(), v.trim(), v.regex(/^[^\s@]{1,64}@[^\s@.]+(\.[^\s@.]+)*$/, rules.email)),
  password: newPassword,
});

export const profileRules = v.object({
  displayName: v.pipe(
    v.string(),
    v.trim(),
    v.check((text) => characters(text) <= 64, rules.displayName),
  ),
  bio: v.pipe(
    v.string(),
    // A form sends line ends as CRLF; the API takes line feeds.
    v.transform((text) => text.replaceAll("\r\n", "\n").trim()),
    v.check((text) => characters(text) <= 500, rules.bio),
  ),
});

export const passwordRules = v.object({ currentPassword: missing, newPassword });
