import { expect, test } from "vitest";
import { nearest } from "./thumbnails";

test("the nearest picture is found in any order", () => {
  const pictures = [0, 20_000, 10_000].map((atMs) => ({ url: `${atMs}.jpg`, atMs }));
  expect([0, 4, 6, 14, 99].map((at) => nearest(pictures, at)?.atMs)).toEqual([0, 0, 10_000, 10_000, 20_000]);
  expect(nearest([], 3)).toBeUndefined();
});
