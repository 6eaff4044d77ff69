// Streams made through the API, and where their encoders send to.
import { type APIRequestContext, expect } from "@playwright/test";
import { bearer, type Person } from "./kit";

export type Made = { id: string; channelId: string };

/** A new stream of `owner`. */
export async function makeStream(
  request: APIRequestContext,
  owner: Person,
  data: Record<string, unknown>,
): Promise<Made> {
  const answer = await request.post("/api/v1/streams", { headers: bearer(owner), data });
  expect(answer.status()).toBe(201);
  return answer.json();
}

/** Where an encoder of `owner` sends to. */
export async function ingestUrl(request: APIRequestContext, owner: Person, made: Made): Promise<string> {
  const path = `/api/v1/channels/${made.channelId}/stream-key/reveal`;
  const answer = await request.post(path, { headers: bearer(owner) });
  expect(answer.status()).toBe(200);
  const { ingestUrl: server, streamKey } = await answer.json();
  return `${server}${streamKey}`;
}

/** Waits until the API says that the stream is LIVE, and answers when it did. */
export async function liveAt(request: APIRequestContext, { id }: Made): Promise<number> {
  const status = async () => (await (await request.get(`/api/v1/streams/${id}`)).json()).status;
  await expect.poll(status, { intervals: [50] }).toBe("LIVE");
  return Date.now();
}
