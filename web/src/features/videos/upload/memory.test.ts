import { beforeEach, expect, test, vi } from "vitest";
import { forget, isSameFile, type Remembered, remember, rememberedOf } from "./memory";

const NOW = Date.parse("2026-01-02T00:00:00Z");
const record: Remembered = {
  id: "key-1",
  userId: "usr_1",
  body: { fileName: "tides.mp4", contentType: "video/mp4", fileSize: 5, title: "Tides" },
  lastModified: 1_000,
  begunAt: NOW,
};

beforeEach(() => {
  localStorage.clear();
  vi.useFakeTimers({ now: NOW });
  return () => vi.useRealTimers();
});

test("each person is told of their own uploads, in their newest state", () => {
  remember(record);
  remember({ ...record, id: "key-2", userId: "usr_2" });
  remember({ ...record, uploadId: "upl_1", videoId: "vid_1" });
  expect(rememberedOf("usr_1")).toEqual([{ ...record, uploadId: "upl_1", videoId: "vid_1" }]);
  forget("key-1");
  expect(rememberedOf("usr_1")).toEqual([]);
  expect(rememberedOf("usr_2")).toHaveLength(1);
});

test("what S3 has dropped is forgotten after a day", () => {
  remember(record);
  vi.setSystemTime(NOW + 24 * 3_600_000);
  expect(rememberedOf("usr_1")).toEqual([]);
});

test.each([
  "",
  "{",
  "null",
  "7",
  '{"id":1}',
  '[null, 7, {"id":"x"}, {"id":"x","userId":"usr_1","body":null}]',
])("what somebody else has written (%s) is nothing", (stored) => {
  localStorage.setItem("skylark.uploads", stored);
  expect(rememberedOf("usr_1")).toEqual([]);
  remember(record);
  expect(rememberedOf("usr_1")).toEqual([record]);
});

test("a storage that is forbidden or full stops no upload", () => {
  vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
    throw new DOMException("full", "QuotaExceededError");
  });
  expect(() => remember(record)).not.toThrow();
  expect(rememberedOf("usr_1")).toEqual([]);
});

test("only the very same file goes on", () => {
  const file = (name: string, words: string, lastModified: number) =>
    new File([words], name, { lastModified });
  expect(isSameFile(record, file("tides.mp4", "12345", 1_000))).toBe(true);
  expect(isSameFile(record, file("other.mp4", "12345", 1_000))).toBe(false);
  expect(isSameFile(record, file("tides.mp4", "1234", 1_000))).toBe(false);
  expect(isSameFile(record, file("tides.mp4", "12345", 2_000))).toBe(false);
});
