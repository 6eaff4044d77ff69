// How far somebody has come in each video, kept on their machine.

const KEY = "skylark.resume";
/** Videos that are remembered; the oldest are forgotten. */
const MOST = 100;
/** Seconds from the beginning and from the end where going on makes no sense; of short videos, a tenth. */
const [BEGINNING, END, PART] = [5, 15, 0.1];

type Positions = [name: string, seconds: number][];

function read(): Positions {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(stored) ? stored.filter(isPosition) : [];
  } catch {
    // Storage is forbidden, or somebody else wrote there: nothing is remembered.
    return [];
  }
}

function isPosition(one: unknown): one is Positions[number] {
  return Array.isArray(one) && typeof one[0] === "string" && typeof one[1] === "number";
}

/** Seconds to go on at; undefined when it is to begin at the beginning. */
export function resumeAt(name: string): number | undefined {
  return read().find(([known]) => known === name)?.[1];
}

/** Remembers that `name` was seen up to `seconds` of `duration`. */
export function remember(name: string, seconds: number, duration: number): void {
  const others = read().filter(([known]) => known !== name);
  const bound = (most: number) => Math.min(most, duration * PART);
  const isWorth = seconds > bound(BEGINNING) && seconds < duration - bound(END);
  const kept: Positions = isWorth ? [...others, [name, Math.floor(seconds)]] : others;
  try {
    localStorage.setItem(KEY, JSON.stringify(kept.slice(-MOST)));
  } catch {
    // Without storage the next visit begins at the beginning.
  }
}
