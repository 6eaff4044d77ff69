// Sends one file after the other, and keeps what the store shows of them true.
import { ApiError, queryClient } from "../../../api/query";
import { SendError } from "../../../lib/send";
import { texts } from "../../../lib/texts";
import type { Words } from "../words";
import { forget, type Remembered, remember } from "./memory";
import { Meter } from "./meter";
import { allUploads, changeUpload, isUnfinished } from "./store";
import { hold } from "./tabs";
import { begin, transfer } from "./transfer";

const words = texts.videos.upload;
/** Milliseconds before another try when the connection was lost and nobody says that it is back. */
const PATIENCE = 4_000;
/** Milliseconds between two changes of the picture. */
const FRAME = 200;

export type Job = {
  record: Remembered;
  file: File;
  /** Ends what is being done now. */
  control: AbortController | null;
  /** The announcing of it, which is never broken off. */
  begun: Promise<unknown>;
  /** Gives the upload back to other tabs; null before it was taken. */
  release: (() => void) | null;
  /** What the form was last saved with, and what stands in it. */
  saved?: Words;
  draft?: Words;
  timer?: ReturnType<typeof setTimeout>;
};
export const jobs = new Map<string, Job>();

/** Starts the next file when nothing is on its way. */
export function pump(): void {
  if (allUploads().some(({ phase }) => phase === "SENDING" || phase === "WAITING")) return;
  const next = allUploads().find(({ phase }) => phase === "QUEUED");
  const job = next && jobs.get(next.id);
  if (job) void run(job);
}

/** Breaks off what is being done for upload `id`; whoever calls it says what is next. */
export function stop(id: string): Job | undefined {
  const job = jobs.get(id);
  clearTimeout(job?.timer);
  job?.control?.abort(new DOMException("stopped", "AbortError"));
  return job;
}

async function run(job: Job): Promise<void> {
  const { id } = job.record;
  const control = new AbortController();
  job.control = control;
  clearTimeout(job.timer);
  changeUpload(id, { phase: "SENDING", rate: null, problem: null });
  try {
    job.release ??= await hold(id);
    if (!job.release) throw new Error(words.otherTab);
    await send(job, control.signal);
    if (control.signal.aborted) return;
    forget(id);
    job.release();
    changeUpload(id, { phase: "SENT", sent: job.file.size, rate: null });
    void queryClient.invalidateQueries({ queryKey: ["videos"] });
  } catch (error) {
    if (!control.signal.aborted) await explainEnd(job, error, control.signal);
  } finally {
    pump();
  }
}

async function send(job: Job, signal: AbortSignal): Promise<void> {
  const { id } = job.record;
  const isResumed = job.record.uploadId !== undefined;
  signal.throwIfAborted();
  remember(job.record);
  const announcing = begin(job.record).then((begun) => {
    job.record = { ...job.record, uploadId: begun.uploadId, videoId: begun.videoId };
    if (jobs.has(id)) remember(job.record);
    changeUpload(id, { videoId: begun.videoId });
    return begun;
  });
  job.begun = announcing.catch(() => undefined);
  const meter = new Meter();
  const onProgress = throttled((sent) => {
    const isSending = allUploads().some((upload) => upload.id === id && upload.phase === "SENDING");
    if (isSending && !signal.aborted) changeUpload(id, { sent, rate: meter.note(performance.now(), sent) });
  });
  await transfer(await announcing, isResumed, { record: job.record, file: job.file, onProgress, signal });
}

/** Shows at most one number in a while, and always the last. */
function throttled(show: (bytes: number) => void): (bytes: number) => void {
  let last = 0;
  let isDue = false;
  return (bytes) => {
    last = bytes;
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      show(last);
    }, FRAME);
  };
}

/** Whether it may go better by itself. */
function mayPass(error: unknown): boolean {
  const isLost = (status: number) => status === 0 || status === 429 || status >= 500;
  if (error instanceof SendError) return isLost(error.status);
  return error instanceof ApiError && (isLost(error.status) || error.code === "idempotency-in-progress");
}

async function explainEnd(job: Job, error: unknown, signal: AbortSignal): Promise<void> {
  const { id } = job.record;
  // A file that was changed or moved looks like a lost connection to the browser.
  const isReadable = await job.file
    .slice(0, 1)
    .arrayBuffer()
    .then(Boolean, () => false);
  if (signal.aborted) return;
  if (isReadable && mayPass(error)) return wait(job);
  // The server knows it no more, or holds it to be over: there is nothing to go on with.
  if (error instanceof ApiError && [404, 409].includes(error.status)) forget(id);
  const problem = isReadable ? sentenceOf(error) : words.fileGone(job.file.name);
  changeUpload(id, { phase: "FAILED", rate: null, problem });
}

function sentenceOf(error: unknown): string {
  if (error instanceof SendError) return words.notTaken(error.status);
  return error instanceof Error ? error.message : String(error);
}

function wait(job: Job): void {
  changeUpload(job.record.id, { phase: "WAITING", rate: null });
  if (navigator.onLine) job.timer = setTimeout(() => void run(job), PATIENCE);
}

// The browser says so at once; without it, what is under way would wait for its own time-out.
window.addEventListener("offline", () => {
  for (const { id } of allUploads().filter(({ phase }) => phase === "SENDING")) {
    const job = stop(id);
    if (job) wait(job);
  }
});
window.addEventListener("online", () => {
  for (const { id } of allUploads().filter(({ phase }) => phase === "WAITING")) {
    const job = jobs.get(id);
    if (job) void run(job);
  }
});
window.addEventListener("beforeunload", (event) => {
  if (allUploads().some(isUnfinished)) event.preventDefault();
});
