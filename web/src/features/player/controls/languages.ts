/** A language's name in the page's own, `English` for `en`; the tag itself where nobody knows it. */
export function languageName(tag: string): string {
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(tag) ?? tag;
  } catch {
    // No tag that BCP 47 knows.
    return tag;
  }
}
