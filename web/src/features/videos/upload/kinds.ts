// Which files are taken, and what they are called.
import { texts } from "../../../lib/texts";

/** Bytes of the largest file. */
export const LARGEST = 20 * 1024 ** 3;
/** Characters of a title. */
const TITLE = 140;

/** The containers that are taken. Browsers do not know all of them, so the extension comes first. */
const TYPES = new Map(
  Object.entries({
    mp4: "video/mp4",
    m4v: "video/x-m4v",
    mov: "video/quicktime",
    mkv: "video/x-matroska",
    webm: "video/webm",
    avi: "video/x-msvideo",
    ts: "video/mp2t",
    mpg: "video/mpeg",
    mpeg: "video/mpeg",
    flv: "video/x-flv",
    "3gp": "video/3gpp",
    ogv: "video/ogg",
    mxf: "application/mxf",
  }),
);
const KNOWN = new Set(TYPES.values());

/** What the file chooser offers. */
export const ACCEPT = ["video/*", ...[...TYPES.keys()].map((extension) => `.${extension}`)].join(",");

type Named = Pick<File, "name" | "type" | "size">;

/** The content type a file is announced with; undefined when it is no video that can be taken. */
export function contentTypeOf({ name, type }: Named): string | undefined {
  const extension = name.includes(".") ? name.split(".").pop()?.toLowerCase() : undefined;
  return TYPES.get(extension ?? "") ?? (KNOWN.has(type) ? type : undefined);
}

/** Why a file is not even begun with: one sentence. */
export function refusalOf(file: Named): string | undefined {
  const { refused } = texts.videos.upload;
  if (!contentTypeOf(file)) return refused.kind(file.name);
  if (file.size === 0) return refused.empty(file.name);
  if (file.size > LARGEST) return refused.large(file.name);
  return undefined;
}

/** The title a file has until somebody gives it another. */
export function titleOf(fileName: string): string {
  const bare = fileName
    .replace(/\.[^.]+$/, "")
    .replaceAll("_", " ")
    .trim();
  return [...(bare || fileName)].slice(0, TITLE).join("");
}
