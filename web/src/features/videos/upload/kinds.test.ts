// @vitest-environment node
import { expect, test } from "vitest";
import { contentTypeOf, LARGEST, refusalOf, titleOf } from "./kinds";

const file = (name: string, type = "", size = 1) => ({ name, type, size });

test.each([
  ["tides.MP4", "", "video/mp4"],
  ["tides.mkv", "", "video/x-matroska"],
  ["tides.mov", "application/octet-stream", "video/quicktime"],
  ["tides", "video/webm", "video/webm"],
  ["mp4", "", undefined],
  ["notes.txt", "text/plain", undefined],
  ["photo.heic", "image/heic", undefined],
  ["constructor", "", undefined],
  ["a.constructor", "", undefined],
])("%s of type '%s' is announced as %s", (name, type, announced) => {
  expect(contentTypeOf(file(name, type))).toBe(announced);
});

test("a file is refused with its name and the reason", () => {
  expect(refusalOf(file("notes.txt"))).toMatch(/notes\.txt is not a video/);
  expect(refusalOf(file("tides.mp4", "", 0))).toMatch(/empty/);
  expect(refusalOf(file("tides.mp4", "", LARGEST + 1))).toMatch(/larger than 20 GiB/);
  expect(refusalOf(file("tides.mp4", "", LARGEST))).toBeUndefined();
});

test("a title is the file's name without what computers need", () => {
  expect(titleOf("tides_at_dawn.final.mp4")).toBe("tides at dawn.final");
  expect(titleOf(".mp4")).toBe(".mp4");
  expect([...titleOf(`${"🌊".repeat(300)}.mp4`)]).toHaveLength(140);
});
