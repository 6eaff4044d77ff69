// What people do with uploads.
import { api } from "../../../api/client";
import { ApiError, answerOf, queryClient } from "../../../api/query";
import { session } from "../../../lib/session";
import { texts } from "../../../lib/texts";
import { saveWords, type Words } from "../words";
import { contentTypeOf, titleOf } from "./kinds";
import { forget, isSameFile, type Remembered, remember, rememberedOf } from "./memory";
import { jobs, pump, stop } from "./runner";
import { addUpload, allUploads, changeUpload, removeUpload } from "./store";

/** Takes files that were chosen; one that was begun earlier and is the very same goes on. */
export function addFiles(files: readonly File[]): void {
  const userId = session()?.userId;
  if (!userId) return;
  for (const file of files) {
    const earlier = rememberedOf(userId).find((one) => isSameFile(one, file) && !jobs.has(one.id));
    enqueue(earlier ?? announcementOf(file, userId), file);
  }
}

function announcementOf(file: File, userId: string): Remembered {
  return {
    id: crypto.randomUUID(),
    userId,
    body: {
      fileName: file.name,
      contentType: contentTypeOf(file) ?? file.type,
      fileSize: file.size,
      title: titleOf(file.name),
      visibility: "PUBLIC",
    },
    lastModified: file.lastModified,
    begunAt: Date.now(),
  };
}

/** Queues `file` as the upload that `record` describes. */
export function enqueue(record: Remembered, file: File): void {
  jobs.set(record.id, { record, file, control: null, begun: Promise.resolve(), release: null });
  addUpload({
    id: record.id,
    userId: record.userId,
    fileName: file.name,
    fileSize: file.size,
    phase: "QUEUED",
    sent: 0,
    rate: null,
    videoId: record.videoId ?? null,
    problem: null,
  });
  pump();
}

/** What is said about the video that upload `id` becomes, and what somebody is about to say. */
export function wordsOfUpload(id: string): { saved: Words; draft: Words } | undefined {
  const job = jobs.get(id);
  if (!job) return undefined;
  const saved = job.saved ?? announced(job.record);
  return { saved, draft: job.draft ?? saved };
}

function announced({ body }: Remembered): Words {
  const { title, description, artist, visibility } = body;
  return { title, description: description ?? "", artist: artist ?? "", visibility: visibility ?? "PUBLIC" };
}

/** Keeps what stands in the form of upload `id` while other pages are shown. */
export function keepDraft(id: string, draft: Words): void {
  const job = jobs.get(id);
  if (job) job.draft = draft;
}

/**
 * Changes what is said about the video of upload `id` from `based` to `next`; what was not announced yet is announced so.
 * Throws `ChangedElsewhere`, or `ApiError`.
 */
export async function saveUploadWords(id: string, based: Words, next: Words): Promise<"kept" | "saved"> {
  const job = jobs.get(id);
  if (!job) throw new Error(texts.videos.upload.gone);
  // A first announcement may have been made whose answer was lost: the next must be the same.
  const isAnnounced = rememberedOf(job.record.userId).some((one) => one.id === id);
  if (!isAnnounced && !job.record.uploadId) {
    job.record = { ...job.record, body: { ...job.record.body, ...next } };
    job.saved = next;
    return "kept";
  }
  await job.begun;
  if (!job.record.videoId) throw new Error(texts.videos.upload.notAnnounced);
  await saveWords(job.record.videoId, based, next);
  job.saved = next;
  return "saved";
}

/** Stops sending; what has come stays. */
export function pauseUpload(id: string): void {
  stop(id);
  changeUpload(id, { phase: "PAUSED", rate: null });
  pump();
}

/** Goes on with one that was paused or refused, as soon as it is its turn. */
export function goOnWithUpload(id: string): void {
  const job = jobs.get(id);
  const upload = allUploads().find((one) => one.id === id);
  if (!job || !upload) return;
  const isKnown = rememberedOf(upload.userId).some((one) => one.id === id);
  if (upload.phase === "FAILED" && !isKnown) {
    // It is over on the server: it begins anew.
    dismissUpload(id);
    const { uploadId: _, videoId: __, ...record } = job.record;
    const body = { ...record.body, ...job.saved };
    enqueue({ ...record, body, id: crypto.randomUUID(), begunAt: Date.now() }, job.file);
    return;
  }
  changeUpload(id, { phase: "QUEUED", problem: null });
  pump();
}

/** Takes an upload out of the list; whatever has become of it stays. */
export function dismissUpload(id: string): void {
  jobs.get(id)?.release?.();
  jobs.delete(id);
  forget(id);
  removeUpload(id);
}

/** Gives an upload up: what has come of it is dropped, and its video is gone. Throws `ApiError`. */
export async function cancelUpload(id: string): Promise<void> {
  const job = stop(id);
  changeUpload(id, { phase: "PAUSED", rate: null });
  pump();
  await job?.begun;
  if (job) await discard(job.record);
  dismissUpload(id);
}

/** Drops an unfinished upload and its video. Throws `ApiError`. */
export async function discard({ id, videoId }: Remembered): Promise<void> {
  if (videoId) {
    const params = { path: { videoId } };
    await answerOf(api.DELETE("/api/v1/videos/{videoId}", { params })).catch((error: unknown) => {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
    });
    void queryClient.invalidateQueries({ queryKey: ["videos"] });
  }
  forget(id);
}

/** Ends the uploads of everybody but `userId`; their owners may go on with them when they are back. */
export function endUploadsOfOthers(userId: string | undefined): void {
  for (const { id } of allUploads().filter((one) => one.userId !== userId)) {
    const job = stop(id);
    job?.release?.();
    jobs.delete(id);
    removeUpload(id);
    if (job?.record.uploadId) remember(job.record);
  }
}
