// The house rules a compiler does not know: which part may use which, and how long a file may be.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(process.cwd(), "src");
/** Lower floors first; a part may use its own floor and those below. */
const FLOORS = [["lib", "api", "ui"], ["features"], ["pages"], ["app"]];
const LONGEST = 250;

const files = readdirSync(ROOT, { recursive: true, encoding: "utf8" })
  .filter((path) => /\.tsx?$/.test(path) && path !== join("api", "schema.ts"))
  .map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));

/** What a file takes from other files of ours. */
function importsOf({ path, text }: { path: string; text: string }): string[] {
  const named = [...text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map((match) => match[1] ?? "");
  return named.map((name) => relative(ROOT, normalize(join(ROOT, dirname(path), name))));
}

const partOf = (path: string) => path.split("/")[0] ?? "";
const floorOf = (path: string) => FLOORS.findIndex((parts) => parts.includes(partOf(path)));

test("imports go down only, and no feature uses another", () => {
  const wrong: string[] = [];
  for (const file of files.filter(({ path }) => path.includes("/"))) {
    for (const used of importsOf(file).filter((used) => !used.startsWith("../sdk"))) {
      const [from, to] = [floorOf(file.path), floorOf(used)];
      const isOtherFeature = partOf(used) === "features" && used.split("/")[1] !== file.path.split("/")[1];
      if (to > from || (from === 1 && isOtherFeature)) wrong.push(`${file.path} uses ${used}`);
    }
  }
  expect(wrong).toEqual([]);
});

test("a lib file uses neither the API nor components", () => {
  const wrong = files
    .filter(({ path }) => partOf(path) === "lib")
    .flatMap((file) => importsOf(file).filter((used) => partOf(used) !== "lib" && !used.startsWith("../")));
  expect(wrong).toEqual([]);
});

test("no file is longer than one idea", () => {
  const long = files.filter(({ text }) => text.split("\n").length > LONGEST + 1).map(({ path }) => path);
  expect(long).toEqual([]);
});
