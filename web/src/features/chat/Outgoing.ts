// Own messages on their way, as the list shows them below the others.
import type { PendingMessage } from "../../../sdk/live-chat.js";

/** An own message that the room has not taken. */
export type Draft = {
  clientId: string;
  content: string;
  /** RFC 3339. */
  timestamp: string;
  /** Why it will not be sent; absent while it may be. */
  failure?: string;
};

export class Outgoing {
  #drafts = new Map<string, Draft>();

  add({ client_id: clientId, content, timestamp }: PendingMessage): void {
    this.#drafts.set(clientId, { clientId, content, timestamp });
  }

  /** It is stored, or not wanted any more. */
  settle(clientId: string | undefined): void {
    if (clientId !== undefined) this.#drafts.delete(clientId);
  }

  /** It will not be sent; it stays, with the reason. */
  fail({ client_id: clientId, content, timestamp }: PendingMessage, code = "other"): void {
    this.#drafts.set(clientId, { clientId, content, timestamp, failure: code });
  }

  snapshot(): readonly Draft[] {
    return [...this.#drafts.values()];
  }
}
