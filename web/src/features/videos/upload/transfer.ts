// Sends a file straight to S3, in one piece or in parts; begun again it goes on where it was.
import { api } from "../../../api/client";
import { dataOf } from "../../../api/query";
import type { components } from "../../../api/schema";
import { put, SendError, withRetries } from "../../../lib/send";
import type { Remembered } from "./memory";
import { whole } from "./parts";
import { sendParts } from "./sendParts";
import { PartUrls } from "./urls";

type Started = components["schemas"]["UploadStarted"];

type Transfer = {
  record: Remembered;
  file: File;
  onProgress: (bytes: number) => void;
  signal: AbortSignal;
};

/** Announces a file. Again under the same id it answers the same upload, with fresh URLs. */
export function begin({ id, body }: Remembered): Promise<Started> {
  const params = { header: { "Idempotency-Key": id } };
  // It is not broken off: what it began would be known to nobody.
  return dataOf(api.POST("/api/v1/uploads", { params, body }));
}

/** Sends what is missing of `file` to the upload that `begun` is. */
export async function transfer(begun: Started, isResumed: boolean, way: Transfer): Promise<void> {
  way.signal.throwIfAborted();
  if (!begun.partSize) return sendWhole(begun, way);
  const { uploadId, partSize } = begun;
  const { file, onProgress, signal } = way;
  const plan = { fileSize: file.size, partSize };
  let etags = new Map<number, string>();
  if (isResumed) {
    const params = { path: { uploadId } };
    const state = await dataOf(api.GET("/api/v1/uploads/{uploadId}", { params, signal }));
    if (state.status === "COMPLETED") return;
    etags = whole(plan, state.receivedParts);
  }
  const urls = new PartUrls(uploadId, begun.parts ?? []);
  await sendParts({ uploadId, file, plan, urls, etags, onProgress, signal });
}

async function sendWhole(begun: Started, { record, file, onProgress, signal }: Transfer): Promise<void> {
  await withRetries(async (attempt) => {
    signal.throwIfAborted();
    // A later try asks for a URL that has not expired.
    const { url, headers } = attempt === 1 ? begun : await begin(record);
    try {
      await put({ url: url ?? "", headers: headers ?? {}, body: file, onProgress, signal });
    } catch (error) {
      // Nothing is overwritten: the file stands already, and only the answer to an earlier try was lost.
      if (!(error instanceof SendError) || error.status !== 412) throw error;
    }
  });
}
