// What a message may be, by the server's own rules: people see before they send what it will take.

/** Characters (Unicode scalar values) of a message at most. */
export const LONGEST = 200;

/** Half a pair of surrogates: no character. */
const BROKEN = /\p{Cs}/gu;
const BREAKS = /[\n\r\t]/g;
// Control characters, and those that turn the direction of what stands around them (Unicode TR 9).
const UNWANTED = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;
/** What shows nothing by itself. */
const INVISIBLE = /\s|\u00ad|[\u200b-\u200f]|[\u2060-\u2064]|[\ufe00-\ufe0f]|\ufeff/gu;

/** The content as it is stored: on one line, in NFC, trimmed. */
export function clean(text: string): string {
  return text.replace(BROKEN, "\ufffd").replace(BREAKS, " ").replace(UNWANTED, "").normalize("NFC").trim();
}

/** How many characters may still be written; below 0: how many are too many. */
export function charactersLeft(text: string): number {
  return LONGEST - [...clean(text)].length;
}

/** Whether there is nothing to be seen in it. */
export function isBlank(text: string): boolean {
  return clean(text).replace(INVISIBLE, "") === "";
}
