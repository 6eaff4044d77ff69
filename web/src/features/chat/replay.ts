// What was said while a stream was live, in the time of its video: one JSON object a line.
import { ApiError } from "../../api/query";
import type { Message } from "./MessageLog";

/** A message of the replay. */
export type Line = Message & {
  /** Milliseconds from the video's start. */
  at: number;
};

/** Reads a replay; lines that are none are left out. */
export async function loadReplay(url: string, signal: AbortSignal): Promise<Line[]> {
  const response = await fetch(url, { signal }).catch((error: unknown) => {
    if (signal.aborted) throw error;
    throw new ApiError(0, undefined);
  });
  if (!response.ok || !response.body) throw new ApiError(response.status, undefined);
  const lines: Line[] = [];
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  // Piece by piece: the page lives on while a large one is read.
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    const texts = (rest + piece.value).split("\n");
    rest = texts.pop() ?? "";
    addLines(lines, texts);
  }
  addLines(lines, [rest]);
  return lines;
}

/** Appends what `texts` say. Time never goes back: whatever is told late is shown late. */
export function addLines(lines: Line[], texts: readonly string[]): void {
  for (const text of texts) {
    const line = lineOf(text);
    if (!line) continue;
    line.at = Math.max(line.at, lines.at(-1)?.at ?? 0);
    lines.push(line);
  }
}

function lineOf(text: string): Line | undefined {
  if (text === "") return undefined;
  let said: Record<string, unknown>;
  try {
    said = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { media_ms: at, id, user_id: userId, username, content, roles, timestamp } = said ?? {};
  const words = [id, userId, username, content, timestamp];
  if (typeof at !== "number" || !words.every((word) => typeof word === "string")) return undefined;
  return {
    at,
    id: id as string,
    userId: userId as string,
    username: username as string,
    content: content as string,
    timestamp: timestamp as string,
    roles: Array.isArray(roles) ? roles.filter((role) => typeof role === "string") : [],
  };
}

/** How many of the lines have been said at `ms`. */
export function saidBy(lines: readonly Line[], ms: number): number {
  let [low, high] = [0, lines.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((lines[middle] as Line).at <= ms) low = middle + 1;
    else high = middle;
  }
  return low;
}
