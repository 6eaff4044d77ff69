import { expect, test } from "vitest";
import { renditionsOf } from "./quality";

test("renditions are listed once a height, the best first", () => {
  const levels = [
    { height: 360, bitrate: 800_000 },
    { height: 720, bitrate: 2_000_000 },
    { height: 720, bitrate: 3_000_000 },
    { height: 1080, bitrate: 5_000_000 },
  ];
  expect(renditionsOf(levels)).toEqual([
    { level: 3, name: "1080p" },
    { level: 2, name: "720p" },
    { level: 0, name: "360p" },
  ]);
});

test("a rendition without a height is named by its bitrate", () => {
  expect(renditionsOf([{ height: 0, bitrate: 1_540_000 }])).toEqual([{ level: 0, name: "1.5 Mbit/s" }]);
});
