import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { api, type Stream } from "../../api/client";
import { ApiError, answerOf } from "../../api/query";
import { type Known, streamKey } from "../../api/streams";
import { session } from "../../lib/session";
import { changesBetween, type Settings, settingsOf } from "./settings";

/**
 * Saves a stream. `base` is what the form is filled with: it stays while somebody writes, and becomes the newest when a
 * save meets changes that were made elsewhere.
 */
export function useSaveStream(known: Known | undefined) {
  const client = useQueryClient();
  const [base, setBase] = useState(known);
  const last = useRef({ body: "", key: "" });

  async function create(settings: Settings): Promise<Known> {
    const body = JSON.stringify(settings);
    // The same again after a lost answer is the same stream.
    if (last.current.body !== body) last.current = { body, key: crypto.randomUUID() };
    const header = { "Idempotency-Key": last.current.key };
    return knownOf(answerOf(api.POST("/api/v1/streams", { params: { header }, body: settings })));
  }

  async function edit(before: Known, settings: Settings): Promise<Known> {
    const params = { path: { streamId: before.stream.id }, header: { "If-Match": before.etag } };
    const body = changesBetween(settingsOf(before.stream), settings);
    try {
      return await knownOf(answerOf(api.PATCH("/api/v1/streams/{streamId}", { params, body })));
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 412) throw error;
      const newest = await knownOf(
        answerOf(api.GET("/api/v1/streams/{streamId}", { params: { path: params.path } })),
      );
      const changed = changesBetween(settingsOf(before.stream), settingsOf(newest.stream));
      // An encoder that comes and goes changes a stream too, but nothing that is written here.
      if (Object.keys(changed).length === 0) return edit(newest, settings);
      setBase(newest);
      throw error;
    }
  }

  async function save(settings: Settings): Promise<Stream> {
    const saved = await (base ? edit(base, settings) : create(settings));
    client.setQueryData(streamKey(saved.stream.id, session()?.userId), saved);
    void client.invalidateQueries({ queryKey: ["streams"] });
    if (base) setBase(saved);
    return saved.stream;
  }

  return { base, save };
}

async function knownOf(answer: Promise<{ data: Stream; response: Response }>): Promise<Known> {
  const { data, response } = await answer;
  return { stream: data, etag: response.headers.get("ETag") ?? "*" };
}
