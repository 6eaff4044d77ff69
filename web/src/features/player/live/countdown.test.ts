import { expect, test } from "vitest";
import { formatLeft } from "./countdown";

test("a countdown shows days and hours only where there are some", () => {
  const shown = [0.2, 65, 3600, 7325, 86_400 + 61, -5].map(formatLeft);
  expect(shown).toEqual(["00:01", "01:05", "01:00:00", "02:02:05", "1 d 00:01:01", "00:00"]);
});
