// @vitest-environment node
import { expect, test } from "vitest";
import { canonicalTag, languageName, offeredLanguages } from "./languages";

test.each([
  ["en", "en"],
  [" PT-br ", "pt-BR"],
  ["zh-hant-tw", "zh-Hant-TW"],
  ["", undefined],
  ["not a tag", undefined],
  ["<script>", undefined],
])("'%s' is written %s", (text, tag) => {
  expect(canonicalTag(text)).toBe(tag);
});

test("a language is called by its name", () => {
  expect(languageName("pt-BR")).toBe("Brazilian Portuguese");
  expect(languageName("no tag at all")).toBe("no tag at all");
  expect(offeredLanguages()).toContainEqual({ value: "de", name: "German" });
});
