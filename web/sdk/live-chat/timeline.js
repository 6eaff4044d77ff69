// Which messages have been shown, and how messages are ordered.

/** Ids remembered: more than the overlap of a resume holds. */
const REMEMBERED = 5_000;
/** How far back a gap inside a connection is looked for, in milliseconds: several machines' clocks order messages. */
const OVERLAP = 1_000;

/** Compares by time, then by id. */
export function inOrder(a, b) {
  if (a.timestamp !== b.timestamp) return a.timestamp < b.timestamp ? -1 : 1;
  return a.id < b.id ? -1 : Number(a.id > b.id);
}

/** What has been shown: nothing is shown twice, and what is missing can be asked for. */
export class Timeline {
  #seen = new Map();
  /** The newest shown. */
  last;
  /** The oldest shown or loaded. */
  oldest;
  /** Where this client entered: what is older comes by `loadOlder` only. */
  floor;

  has(id) {
    return this.#seen.has(id);
  }

  /** Whether `message` is new. From now on it is not. */
  admit(message) {
    const { id, timestamp } = message;
    if (id === undefined) return true;
    if (this.#seen.has(id)) return false;
    this.#seen.set(id, timestamp);
    if (this.#seen.size > REMEMBERED) this.#seen.delete(this.#seen.keys().next().value);
    if (!this.last || inOrder(this.last, message) < 0) this.last = { id, timestamp };
    if (!this.oldest || inOrder(message, this.oldest) < 0) this.oldest = { id, timestamp };
    return true;
  }

  /** The id after which what was left out is to be found. */
  anchor() {
    const shown = Array.from(this.#seen, ([id, timestamp]) => ({ id, timestamp })).sort(inOrder);
    const edge = new Date(this.last?.timestamp).getTime() - OVERLAP;
    return (shown.findLast(({ timestamp }) => new Date(timestamp).getTime() <= edge) ?? shown[0])?.id;
  }
}
