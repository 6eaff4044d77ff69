// @vitest-environment node
import { expect, test } from "vitest";
import { amountWords, leftWords } from "./progress";
import type { Upload } from "./store";

const upload: Upload = {
  id: "1",
  userId: "usr_1",
  fileName: "tides.mp4",
  fileSize: 100_000_000,
  phase: "SENDING",
  sent: 40_000_000,
  rate: 2_000_000,
  videoId: null,
  problem: null,
};

test("speed and time left are said while it sends", () => {
  expect(amountWords(upload)).toBe("40 MB of 100 MB · 2.0 MB/s · about 30 s left");
  expect(amountWords({ ...upload, rate: null })).toBe("40 MB of 100 MB");
  expect(amountWords({ ...upload, rate: 0 })).toBe("40 MB of 100 MB · 0 B/s");
  expect(amountWords({ ...upload, phase: "PAUSED" })).toBe("40 MB of 100 MB");
});

test("the time left is as exact as it can be", () => {
  expect([0.2, 89, 90, 3_600, 9_000].map(leftWords)).toEqual([
    "about 1 s left",
    "about 89 s left",
    "about 2 min left",
    "about 60 min left",
    "about 2 h 30 min left",
  ]);
});
