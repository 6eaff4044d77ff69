// @vitest-environment node
import { expect, test } from "vitest";
import { piecesOf } from "./links";

const linksIn = (text: string) => piecesOf(text).flatMap(({ href }) => (href ? [href] : []));

test.each([
  ["nothing", "Only words.", []],
  ["a sentence's end", "See https://example.org/a.", ["https://example.org/a"]],
  ["brackets around", "(see https://example.org/a).", ["https://example.org/a"]],
  ["brackets within", "https://example.org/a_(b)", ["https://example.org/a_(b)"]],
  [
    "several lines",
    "http://a.example\nhttps://b.example/?x=1&y=2",
    ["http://a.example", "https://b.example/?x=1&y=2"],
  ],
  ["another scheme", "javascript:alert(1) data:text/html,x ftp://a.example", []],
  ["markup around", '<a href="https://a.example">x</a>', ["https://a.example"]],
  ["no host", "https:// and http://", []],
])("finds the links in text with %s", (_, text, links) => {
  expect(linksIn(text)).toEqual(links);
});

test("loses and adds no character", () => {
  const text = "a https://x.example/(y). b\n\nhttps://z.example, (https://q.example) end ";
  expect(
    piecesOf(text)
      .map((piece) => piece.text)
      .join(""),
  ).toBe(text);
});
