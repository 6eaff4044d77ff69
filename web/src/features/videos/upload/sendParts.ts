import { api } from "../../../api/client";
import { ApiError, dataOf } from "../../../api/query";
import { put, SendError, withRetries } from "../../../lib/send";
import { bytesOf, missing, type Plan, rangeOf } from "./parts";
import type { PartUrls } from "./urls";

/** Parts that travel at once. */
const PARALLEL = 3;

type Parts = {
  uploadId: string;
  file: Blob;
  plan: Plan;
  urls: PartUrls;
  /** The parts that have come already; those that come are added. */
  etags: Map<number, string>;
  onProgress: (bytes: number) => void;
  signal: AbortSignal;
};

/** Sends the parts that are missing, some at once, and has the file put together. */
export async function sendParts({ signal: outer, ...parts }: Parts): Promise<void> {
  // When one part fails for good the others stop as well.
  const own = new AbortController();
  const signal = AbortSignal.any([outer, own.signal]);
  const { plan, etags, urls, file, onProgress } = parts;
  const todo = missing(plan, etags);
  const travelling = new Map<number, number>();

  function report(): void {
    if (signal.aborted) return;
    onProgress([...travelling.values()].reduce((sum, bytes) => sum + bytes, bytesOf(plan, etags)));
  }

  async function sendOne(number: number): Promise<void> {
    const [from, to] = rangeOf(plan, number);
    const etag = await withRetries(async () => {
      const url = await urls.take(number, todo, signal);
      const onPart = (bytes: number) => {
        travelling.set(number, bytes);
        report();
      };
      return put({ url, body: file.slice(from, to), onProgress: onPart, signal });
    });
    travelling.delete(number);
    etags.set(number, etag);
    report();
  }

  async function worker(): Promise<void> {
    for (let number = todo.shift(); number !== undefined; number = todo.shift()) await sendOne(number);
  }

  report();
  try {
    await Promise.all(Array.from({ length: PARALLEL }, worker));
  } catch (error) {
    own.abort(error);
    throw error;
  }
  await complete(parts.uploadId, etags, outer);
}

/** Repeating it does no harm, and everything has been sent: it is tried until it is answered. */
async function complete(
  uploadId: string,
  etags: ReadonlyMap<number, string>,
  signal: AbortSignal,
): Promise<void> {
  const parts = [...etags].map(([number, etag]) => ({ number, etag })).sort((a, b) => a.number - b.number);
  await withRetries(async () => {
    const params = { path: { uploadId } };
    const asked = api.POST("/api/v1/uploads/{uploadId}/complete", { params, body: { parts }, signal });
    await dataOf(asked).catch((error: unknown) => {
      if (error instanceof ApiError && (error.status === 0 || error.status >= 500)) {
        throw new SendError(error.status);
      }
      throw error;
    });
  });
}
