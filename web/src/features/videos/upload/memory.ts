// The uploads that were begun here and have not come whole: they outlive a reload of the page.
import type { components } from "../../../api/schema";

type Body = components["schemas"]["UploadRequest"];

/** What is needed to go on with an upload, but for the file. */
export type Remembered = {
  /** The Idempotency-Key it was announced with: announcing it again gives the same upload. */
  id: string;
  userId: string;
  body: Body;
  /** The file's time of change, in milliseconds: it must be the same file. */
  lastModified: number;
  /** Milliseconds since 1970. */
  begunAt: number;
  uploadId?: string;
  videoId?: string;
};

const KEY = "skylark.uploads";
/** Milliseconds after which no upload can be gone on with. */
const LIFE = 24 * 3_600_000;

function isRemembered(value: unknown): value is Remembered {
  const one = value as Partial<Remembered> | null;
  return (
    typeof one?.id === "string" &&
    typeof one.userId === "string" &&
    typeof one.lastModified === "number" &&
    typeof one.begunAt === "number" &&
    typeof one.body?.fileName === "string" &&
    typeof one.body.fileSize === "number"
  );
}

function read(): Remembered[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    if (!Array.isArray(stored)) return [];
    return stored.filter(isRemembered).filter(({ begunAt }) => begunAt > Date.now() - LIFE);
  } catch {
    // Storage is forbidden, or somebody else wrote there: nothing is remembered.
    return [];
  }
}

function write(all: Remembered[]): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(all));
  } catch {
    // Without storage an upload lasts as long as the page.
  }
}

/** Keeps `one`, instead of what was kept under its id. */
export function remember(one: Remembered): void {
  write([...read().filter(({ id }) => id !== one.id), one]);
}

export function forget(id: string): void {
  write(read().filter((one) => one.id !== id));
}

/** What `userId` has left unfinished, the oldest first. */
export function rememberedOf(userId: string): Remembered[] {
  return read().filter((one) => one.userId === userId);
}

/** Whether `file` is the one that was being sent. */
export function isSameFile({ body, lastModified }: Remembered, file: File): boolean {
  return file.name === body.fileName && file.size === body.fileSize && file.lastModified === lastModified;
}
