// What people say about a video, and how it is changed without undoing another's change.
import * as v from "valibot";
import { api, type Video } from "../../api/client";
import { ApiError, answerOf, queryClient } from "../../api/query";
import { type Known, videoKey } from "../../api/videos";
import { session } from "../../lib/session";
import { texts } from "../../lib/texts";

const { form } = texts.videos;
const limited = (most: number) =>
  v.pipe(
    v.string(),
    v.trim(),
    v.check((text) => [...text].length <= most, form.tooLong(most)),
  );

/** The fields of a video's form. */
export const wordsSchema = v.object({
  title: v.pipe(limited(140), v.nonEmpty(form.titleMissing)),
  description: limited(2000),
  artist: limited(140),
  visibility: v.picklist(["PUBLIC", "UNLISTED"]),
});
export type Words = v.InferOutput<typeof wordsSchema>;

export function wordsOf({ title, description, artist, visibility }: Video): Words {
  return { title, description: description ?? "", artist: artist ?? "", visibility };
}

/** The fields in which `next` differs from `based`. */
export function changesOf(based: Words, next: Words): Partial<Words> {
  const names = Object.keys(next) as (keyof Words)[];
  return Object.fromEntries(
    names.filter((name) => next[name] !== based[name]).map((name) => [name, next[name]]),
  );
}

/** Somebody else changed the words meanwhile. */
export class ChangedElsewhere extends Error {
  /** As the API says it. */
  readonly status = 412;

  constructor(readonly newest: Words) {
    super(texts.common.changedElsewhere);
  }
}

/** How often it is tried while the video's state changes underneath. */
const TRIES = 5;

/**
 * Changes the words of video `id` from `based` to `next`. A change of its state in between does not matter, one of its words
 * does: throws `ChangedElsewhere`, or `ApiError`.
 */
export async function saveWords(id: string, based: Words, next: Words): Promise<Known> {
  const body = changesOf(based, next);
  const path = { videoId: id };
  for (let attempt = 1; ; attempt++) {
    const { data, response } = await answerOf(api.GET("/api/v1/videos/{videoId}", { params: { path } }));
    const newest = wordsOf(data);
    const etag = response.headers.get("ETag") ?? "*";
    if (Object.keys(changesOf(newest, next)).length === 0) return keep({ video: data, etag });
    if (Object.keys(changesOf(based, newest)).length > 0) throw new ChangedElsewhere(newest);
    const params = { path, header: { "If-Match": etag } };
    try {
      const saved = await answerOf(api.PATCH("/api/v1/videos/{videoId}", { params, body }));
      return keep({ video: saved.data, etag: saved.response.headers.get("ETag") ?? "*" });
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 412 || attempt === TRIES) throw error;
    }
  }
}

/** Shows what a command has answered, on every page. */
export function keep(known: Known): Known {
  queryClient.setQueryData(videoKey(known.video.id, session()?.userId), known);
  void queryClient.invalidateQueries({ queryKey: ["videos"] });
  return known;
}
