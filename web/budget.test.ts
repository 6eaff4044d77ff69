// @vitest-environment node
// What people download before they see something, compressed: budgets that a change must not break.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";

const DIST = join(process.cwd(), "dist");
const MANIFEST = join(DIST, ".vite/manifest.json");
const KB = 1000;

type Chunk = { file: string; css?: string[]; imports?: string[]; isEntry?: boolean };

function manifest(): Record<string, Chunk> {
  if (!existsSync(MANIFEST)) throw new Error("the page is not built: npm run build");
  return JSON.parse(readFileSync(MANIFEST, "utf8"));
}

/** Bytes after gzip of chunks, of all they import at once, and of their styles. */
function weigh(names: string[]): number {
  const chunks = manifest();
  const files = new Set<string>();
  const add = (name: string) => {
    const chunk = chunks[name];
    if (!chunk) throw new Error(`the build has no ${name}`);
    if (files.has(chunk.file)) return;
    files.add(chunk.file);
    for (const css of chunk.css ?? []) files.add(css);
    for (const used of chunk.imports ?? []) add(used);
  };
  names.forEach(add);
  return [...files].reduce((sum, file) => sum + gzipSync(readFileSync(join(DIST, file))).length, 0);
}

const PAGES = {
  "the entry": { limit: 125, of: ["index.html"] },
  "the page of a stream": {
    limit: 300,
    of: [
      "index.html",
      "src/pages/StreamDetailPage.tsx",
      "src/features/player/LivePlayer.tsx",
      "src/features/chat/ChatPanel.tsx",
    ],
  },
  "the page of a video": {
    limit: 300,
    of: [
      "index.html",
      "src/pages/VideoDetailPage.tsx",
      "src/features/player/VideoPlayer.tsx",
      "src/features/chat/ChatReplay.tsx",
    ],
  },
};

for (const [name, { limit, of }] of Object.entries(PAGES)) {
  test(`${name} is at most ${limit} KB`, () => {
    const bytes = weigh(of);
    console.log(`${name}: ${(bytes / KB).toFixed(1)} KB after gzip`);
    expect(bytes).toBeLessThanOrEqual(limit * KB);
  });
}
