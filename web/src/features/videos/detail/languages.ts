// Languages of captions, as BCP 47 tags and as people call them.

/** Offered first; any other can be written as its tag. */
const COMMON = [
  "en",
  "es",
  "pt",
  "fr",
  "de",
  "it",
  "nl",
  "pl",
  "tr",
  "ru",
  "uk",
  "ar",
  "hi",
  "id",
  "ja",
  "ko",
  "zh",
];

const names = new Intl.DisplayNames("en", { type: "language" });

/** "Portuguese (Brazil)"; the tag itself where nobody has a name for it. */
export function languageName(tag: string): string {
  try {
    return names.of(tag) ?? tag;
  } catch {
    return tag;
  }
}

/** The tag as it is always written, `pt-BR`; undefined when it is none. */
export function canonicalTag(text: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(text.trim())[0];
  } catch {
    return undefined;
  }
}

/** What the form offers: common languages by name. */
export function offeredLanguages(): { value: string; name: string }[] {
  const offered = COMMON.map((value) => ({ value, name: languageName(value) }));
  return offered.sort((one, other) => one.name.localeCompare(other.name, "en"));
}
