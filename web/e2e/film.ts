// Videos uploaded through the API.
import { readFileSync } from "node:fs";
import { type APIRequestContext, expect } from "@playwright/test";
import { bearer, type Person } from "./kit";

/** Uploads the movie at `path`, and answers the video's id once it is READY. */
export async function upload(
  request: APIRequestContext,
  owner: Person,
  path: string,
  title: string,
): Promise<string> {
  const body = readFileSync(path);
  const headers = bearer(owner);
  const asked = { fileName: "film.mp4", contentType: "video/mp4", fileSize: body.length, title };
  const begun = await request.post("/api/v1/uploads", { headers, data: asked });
  expect(begun.status()).toBe(201);
  const { videoId, url, headers: signed } = await begun.json();
  const sent = await request.put(url, { headers: signed, data: body });
  expect(sent.status()).toBe(200);
  const status = async () =>
    (await (await request.get(`/api/v1/videos/${videoId}`, { headers })).json()).status;
  await expect.poll(status, { timeout: 120_000 }).toBe("READY");
  return videoId;
}
