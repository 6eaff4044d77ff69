// The messages of a room in their order, as many as a page can use.

/** Something that was said. */
export type Message = {
  id: string;
  userId: string;
  username: string;
  content: string;
  /** `owner`, `moderator`. */
  roles: readonly string[];
  /** RFC 3339, UTC, milliseconds. */
  timestamp: string;
};

/** Messages kept while somebody reads the newest, and while they read older ones. */
const [KEPT, KEPT_WHILE_READING] = [2_000, 10_000];

/** Compares by time, then by id, as the room does. */
export function inOrder(a: Message, b: Message): number {
  if (a.timestamp !== b.timestamp) return a.timestamp < b.timestamp ? -1 : 1;
  return a.id < b.id ? -1 : Number(a.id > b.id);
}

/** Holds each message once, oldest first. */
export class MessageLog {
  #messages: Message[] = [];
  #ids = new Set<string>();

  get size(): number {
    return this.#messages.length;
  }

  get oldest(): Message | undefined {
    return this.#messages[0];
  }

  /** What is held now; later changes do not show in it. */
  snapshot(): readonly Message[] {
    return this.#messages.slice();
  }

  /** Puts a message where it belongs; whether it is new. */
  add(message: Message): boolean {
    if (this.#ids.has(message.id)) return false;
    this.#ids.add(message.id);
    let at = this.#messages.length;
    // Nearly always it is the newest.
    while (at > 0 && inOrder(message, this.#messages[at - 1] as Message) < 0) at--;
    this.#messages.splice(at, 0, message);
    return true;
  }

  /** The same for a page of older ones; how many were new. */
  addOlder(page: readonly Message[]): number {
    const fresh = page.filter(({ id }) => !this.#ids.has(id));
    for (const { id } of fresh) this.#ids.add(id);
    this.#messages = [...fresh, ...this.#messages].sort(inOrder);
    return fresh.length;
  }

  remove(id: string): boolean {
    if (!this.#ids.delete(id)) return false;
    this.#messages.splice(
      this.#messages.findIndex((message) => message.id === id),
      1,
    );
    return true;
  }

  /** Lets the oldest go when there are too many; whether any went. */
  trim(isReading: boolean): boolean {
    const most = isReading ? KEPT_WHILE_READING : KEPT;
    if (this.#messages.length <= most) return false;
    for (const { id } of this.#messages.splice(0, this.#messages.length - most)) this.#ids.delete(id);
    return true;
  }

  /** Removes what `page` shows to be gone: of the messages in `before`, those in its span of time that it does not have. */
  settle(page: readonly Message[], before: ReadonlySet<string>): boolean {
    const [first, last] = [page[0], page.at(-1)];
    if (!first || !last) return false;
    const present = new Set(page.map(({ id }) => id));
    const gone = this.#messages.filter(
      (message) =>
        before.has(message.id) &&
        !present.has(message.id) &&
        inOrder(message, first) > 0 &&
        inOrder(message, last) < 0,
    );
    for (const { id } of gone) this.remove(id);
    return gone.length > 0;
  }

  ids(): Set<string> {
    return new Set(this.#ids);
  }
}
