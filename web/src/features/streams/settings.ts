// What one can say of a stream, as the form, the API's requests and its answers have it.
import * as v from "valibot";
import type { components } from "../../api/schema";
import { texts } from "../../lib/texts";
import { toLocalInput } from "../../lib/time";

type Stream = components["schemas"]["Stream"];
type Edit = components["schemas"]["EditStreamRequest"];

const { rules } = texts.streams.form;
const MOST_COUNTRIES = 250;

/** A box that is ticked, or not in the form at all. */
const flag = v.pipe(
  v.optional(v.string(), ""),
  v.transform((text) => text !== ""),
);

function whole(least: number, most: number, words: string) {
  return v.pipe(
    v.string(),
    v.trim(),
    v.regex(/^\d{1,9}$/, words),
    v.transform(Number),
    v.minValue(least, words),
    v.maxValue(most, words),
  );
}

/** "de, at" as `["DE", "AT"]`. */
const countries = v.pipe(
  v.string(),
  v.transform((text) => [
    ...new Set(
      text
        .toUpperCase()
        .split(/[\s,;]+/)
        .filter(Boolean),
    ),
  ]),
  v.maxLength(MOST_COUNTRIES, rules.tooManyCountries),
  v.everyItem(
    (code) => /^[A-Z]{2}$/.test(code),
    ({ input }) => rules.countries(input.find((code) => !/^[A-Z]{2}$/.test(code)) ?? ""),
  ),
);

const characters = (text: string) => [...text].length;

/** What the form holds, by its fields' names; a nested one has the name that the API's problems point at. */
function fields(announcedFor: string | null | undefined) {
  const unchanged = announcedFor ? toLocalInput(announcedFor) : "";
  return v.object({
    title: v.pipe(
      v.string(),
      v.trim(),
      v.check((text) => text !== "" && characters(text) <= 140, rules.title),
    ),
    description: v.pipe(
      v.string(),
      // A form sends line ends as CRLF; the API takes line feeds.
      v.transform((text) => text.replaceAll("\r\n", "\n").trim()),
      v.check((text) => characters(text) <= 2000, rules.description),
    ),
    scheduledAt: v.pipe(
      v.optional(v.string(), ""),
      v.check((text) => text === "" || text === unchanged || Date.parse(text) > Date.now(), rules.moment),
      v.transform((text) => (text ? new Date(text).toISOString() : null)),
    ),
    visibility: v.picklist(["PUBLIC", "UNLISTED", "PRIVATE"]),
    recordingEnabled: flag,
    lowLatencyEnabled: flag,
    dvrEnabled: flag,
    dvrWindowInMinutes: whole(1, 720, rules.dvrMinutes),
    autoStart: flag,
    reconnectWindowSeconds: whole(0, 1800, rules.reconnect),
    maxConcurrentViewers: v.union(
      [
        v.pipe(
          v.literal(""),
          v.transform(() => null),
        ),
        whole(1, 999_999_999, rules.cap),
      ],
      rules.cap,
    ),
    allowedCountries: countries,
    blockedCountries: countries,
    "chat/enabled": flag,
    "chat/mode": v.picklist(["MEMBERS", "OPEN"]),
    "chat/slowModeSeconds": whole(0, 3600, rules.slowMode),
  });
}

/** The rules of the form; a time that was announced before may be past by now. */
export function settingsRules(announcedFor?: string | null) {
  return v.pipe(
    fields(announcedFor),
    v.transform(
      ({
        "chat/enabled": enabled,
        "chat/mode": mode,
        "chat/slowModeSeconds": slowModeSeconds,
        ...settings
      }) => ({ ...settings, chat: { enabled, mode, slowModeSeconds } }),
    ),
  );
}

export type Settings = v.InferOutput<ReturnType<typeof settingsRules>>;

/** A new stream's settings, as the API would choose them. */
export const DEFAULTS: Settings = {
  title: "",
  description: "",
  scheduledAt: null,
  visibility: "PUBLIC",
  recordingEnabled: true,
  lowLatencyEnabled: true,
  dvrEnabled: true,
  dvrWindowInMinutes: 120,
  autoStart: true,
  reconnectWindowSeconds: 300,
  maxConcurrentViewers: null,
  allowedCountries: [],
  blockedCountries: [],
  chat: { enabled: true, mode: "MEMBERS", slowModeSeconds: 0 },
};

export function settingsOf(stream: Stream): Settings {
  return {
    title: stream.title,
    description: stream.description ?? "",
    scheduledAt: stream.scheduledAt ?? null,
    visibility: stream.visibility,
    recordingEnabled: stream.recordingEnabled,
    lowLatencyEnabled: stream.lowLatencyEnabled,
    dvrEnabled: stream.dvrEnabled,
    dvrWindowInMinutes: stream.dvrWindowInMinutes,
    autoStart: stream.autoStart,
    reconnectWindowSeconds: stream.reconnectWindowSeconds,
    maxConcurrentViewers: stream.maxConcurrentViewers ?? null,
    allowedCountries: stream.allowedCountries,
    blockedCountries: stream.blockedCountries,
    chat: stream.chat,
  };
}

/** What differs: some settings cannot change while a stream runs, so none is sent without need. */
export function changesBetween(before: Settings, after: Settings): Edit {
  const minute = (moment: string | null) => moment && toLocalInput(moment);
  const names = Object.keys(before) as (keyof Settings)[];
  const changed = names.filter((name) => {
    if (name === "scheduledAt") return minute(before.scheduledAt) !== minute(after.scheduledAt);
    if (name === "chat") return chatText(before) !== chatText(after);
    return JSON.stringify(before[name]) !== JSON.stringify(after[name]);
  });
  return Object.fromEntries(changed.map((name) => [name, after[name]]));
}

const chatText = ({ chat }: Settings) => `${chat.enabled} ${chat.mode} ${chat.slowModeSeconds}`;
