import { describe, expect, test, vi } from "vitest";
import { addLines, type Line, loadReplay, saidBy } from "./replay";

function text(at: number, more: object = {}): string {
  const said = { media_ms: at, id: `msg_${at}`, user_id: "usr_1", username: "ann", content: `at ${at}` };
  return JSON.stringify({ ...said, timestamp: "2026-11-20T10:00:00.000Z", ...more });
}

function linesOf(...texts: string[]): Line[] {
  const lines: Line[] = [];
  addLines(lines, texts);
  return lines;
}

describe("lines", () => {
  test("are read with their roles, or without any", () => {
    const [plain, owner] = linesOf(text(10), text(20, { roles: ["owner", 7] }));
    expect(plain).toMatchObject({ at: 10, userId: "usr_1", username: "ann", content: "at 10", roles: [] });
    expect(owner?.roles).toEqual(["owner"]);
  });

  test("that cannot be read are left out", () => {
    const wrong = [
      "",
      "{",
      "null",
      "7",
      "[]",
      text(5, { content: null }),
      '{"media_ms":1}',
      text(30).slice(0, -2),
    ];
    expect(linesOf(...wrong, text(40))).toHaveLength(1);
  });

  test("never go back in time", () => {
    expect(linesOf(text(10), text(5), text(20)).map(({ at }) => at)).toEqual([10, 10, 20]);
  });
});

test("what has been said is found at both edges of a line's time", () => {
  const lines = linesOf(text(0), text(1000), text(1000), text(2500));
  expect([-1, 0, 999, 1000, 2499, 2500, 1e9].map((ms) => saidBy(lines, ms))).toEqual([0, 1, 1, 3, 3, 4, 4]);
  expect(saidBy([], 5)).toBe(0);
});

test("a file is read whole, wherever its pieces are cut", async () => {
  const bytes = new TextEncoder().encode(`${text(1, { content: "über 🌊" })}\n${text(2)}\n${text(3)}`);
  for (const size of [1, 7, bytes.length]) {
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.slice(index * size, (index + 1) * size),
    );
    const body = new ReadableStream({
      pull(control) {
        const piece = pieces.shift();
        if (piece) control.enqueue(piece);
        else control.close();
      },
    });
    vi.stubGlobal("fetch", async () => ({ ok: true, status: 200, body }));
    const lines = await loadReplay("/replay", new AbortController().signal);
    expect(lines.map(({ content }) => content)).toEqual(["über 🌊", "at 2", "at 3"]);
  }
});

test("a file that is not there is an error for people", async () => {
  vi.stubGlobal("fetch", async () => ({ ok: false, status: 404, body: null }));
  await expect(loadReplay("/replay", new AbortController().signal)).rejects.toMatchObject({ status: 404 });
});
