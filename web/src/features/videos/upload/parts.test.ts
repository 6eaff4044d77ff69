// @vitest-environment node
import { expect, test } from "vitest";
import { bytesOf, countOf, missing, rangeOf, whole } from "./parts";

const plan = { fileSize: 25, partSize: 10 };

test("the parts cover the file without gap or overlap", () => {
  const ranges = Array.from({ length: countOf(plan) }, (_, index) => rangeOf(plan, index + 1));
  expect(ranges).toEqual([
    [0, 10],
    [10, 20],
    [20, 25],
  ]);
});

test("a file of whole parts has no empty last one", () => {
  expect(countOf({ fileSize: 20, partSize: 10 })).toBe(2);
});

test("only what has not come whole is sent", () => {
  const etags = whole(plan, [
    { number: 1, etag: "a", size: 10 },
    { number: 2, etag: "b", size: 7 },
    { number: 3, etag: "c", size: 5 },
  ]);
  expect(missing(plan, etags)).toEqual([2]);
  expect(bytesOf(plan, etags)).toBe(15);
});
