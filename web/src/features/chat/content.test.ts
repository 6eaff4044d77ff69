import { expect, test } from "vitest";
import { charactersLeft, clean, isBlank } from "./content";

test("characters are counted as the server counts them", () => {
  expect(charactersLeft("")).toBe(200);
  expect(charactersLeft("🌊".repeat(200))).toBe(0);
  expect(charactersLeft("x".repeat(201))).toBe(-1);
  expect(charactersLeft(`  ${"e\u0301".repeat(200)}  `)).toBe(0);
  // A family is one picture of five characters.
  expect(charactersLeft("👨‍👩‍👧")).toBe(195);
});

test("a message is on one line, without what controls or turns its surroundings", () => {
  expect(clean("a\nb\u0000c\u202ed")).toBe("a bcd");
  expect(clean("  <b>&amp;</b>\t")).toBe("<b>&amp;</b>");
  expect(clean("half \ud83c pair")).toBe("half \ufffd pair");
});

test("what shows nothing says nothing", () => {
  for (const text of [
    "",
    "   ",
    "\n\t",
    "\u0000\u0007",
    "\u202e\u2066",
    "\u200e\u200b \ufeff",
    "\u2060\ufe0f",
  ])
    expect(isBlank(text), JSON.stringify(text)).toBe(true);
  expect(isBlank("\u200b.")).toBe(false);
});
