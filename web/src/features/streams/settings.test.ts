import * as v from "valibot";
import { expect, test } from "vitest";
import { changesBetween, DEFAULTS, type Settings, settingsRules } from "./settings";

/** The form as it is first shown, with a title. */
const FORM = {
  title: "Owls",
  description: "",
  scheduledAt: "",
  visibility: "PUBLIC",
  recordingEnabled: "on",
  lowLatencyEnabled: "on",
  dvrEnabled: "on",
  dvrWindowInMinutes: "120",
  autoStart: "on",
  reconnectWindowSeconds: "300",
  maxConcurrentViewers: "",
  allowedCountries: "",
  blockedCountries: "",
  "chat/enabled": "on",
  "chat/mode": "MEMBERS",
  "chat/slowModeSeconds": "0",
};
const read = (form: object) => v.parse(settingsRules(), { ...FORM, ...form });
const wrong = (form: object, announcedFor?: string) => {
  const { issues } = v.safeParse(settingsRules(announcedFor), { ...FORM, ...form });
  return issues ? Object.keys(v.flatten(issues).nested ?? {}) : [];
};

test("an untouched form is the API's defaults", () => {
  expect(read({})).toEqual({ ...DEFAULTS, title: "Owls" });
});

test("boxes that are not ticked are absent, and mean no", () => {
  const { autoStart: _, "chat/enabled": __, ...form } = FORM;
  const settings = v.parse(settingsRules(), form);
  expect(settings.autoStart).toBe(false);
  expect(settings.chat.enabled).toBe(false);
});

test("countries are read as people write them", () => {
  expect(read({ allowedCountries: " de,at; ch DE" }).allowedCountries).toEqual(["DE", "AT", "CH"]);
});

test.each([
  [{ title: "  " }, "title"],
  [{ title: "x".repeat(141) }, "title"],
  [{ description: "x".repeat(2001) }, "description"],
  [{ scheduledAt: "2001-01-01T10:00" }, "scheduledAt"],
  [{ scheduledAt: "soon" }, "scheduledAt"],
  [{ dvrWindowInMinutes: "0" }, "dvrWindowInMinutes"],
  [{ dvrWindowInMinutes: "1.5" }, "dvrWindowInMinutes"],
  [{ reconnectWindowSeconds: "1801" }, "reconnectWindowSeconds"],
  [{ maxConcurrentViewers: "0" }, "maxConcurrentViewers"],
  [{ allowedCountries: "DE, Austria" }, "allowedCountries"],
  [{ "chat/slowModeSeconds": "-1" }, "chat/slowModeSeconds"],
])("%j is refused beside %s", (form, field) => {
  expect(wrong(form)).toEqual([field]);
});

test("a time that was announced before may stay when it is past", () => {
  const local = "2020-05-05T20:00";
  expect(wrong({ scheduledAt: local }, new Date(local).toISOString())).toEqual([]);
});

test("only what differs is sent", () => {
  const before: Settings = { ...DEFAULTS, title: "Owls", scheduledAt: "2030-01-01T20:00:31.000Z" };
  const same: Settings = { ...before, scheduledAt: "2030-01-01T20:00:00.000Z", chat: { ...before.chat } };
  expect(changesBetween(before, same)).toEqual({});
  const after: Settings = {
    ...same,
    title: "Larks",
    scheduledAt: null,
    chat: { ...same.chat, mode: "OPEN" },
  };
  expect(changesBetween(before, after)).toEqual({ title: "Larks", scheduledAt: null, chat: after.chat });
});
