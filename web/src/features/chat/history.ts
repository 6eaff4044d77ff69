// What the API knows of a room: its history, and the tickets to it.
import { TicketError } from "../../../sdk/live-chat.js";
import { api } from "../../api/client";
import { ApiError, dataOf } from "../../api/query";
import type { Message } from "./MessageLog";

/** Messages of a page at most. */
const PAGE = 100;

export type Page = { messages: Message[]; hasMore: boolean };

/** The last messages of the room, or the last ones before one of them; oldest first. */
export async function historyOf(streamId: string, before?: string): Promise<Page> {
  const query = before ? { limit: PAGE, before } : { limit: PAGE };
  const asked = api.GET("/api/v1/streams/{streamId}/messages", { params: { path: { streamId }, query } });
  const page = await dataOf(asked);
  const messages = page.items.map(({ createdAt, streamId: _, ...message }) => ({
    ...message,
    timestamp: createdAt,
  }));
  return { messages, hasMore: page.nextCursor != null };
}

/** A ticket for one connection, as the session stands; an old access token is exchanged for it. */
export async function ticketOf(streamId: string) {
  const asked = api.POST("/api/v1/streams/{streamId}/chat-ticket", { params: { path: { streamId } } });
  try {
    return await dataOf(asked);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const refusal = new TicketError(error.status, error.problem?.retryAfterMs ?? 0);
    throw Object.assign(refusal, { code: error.code, message: error.message });
  }
}
