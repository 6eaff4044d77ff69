// Sends a file straight to S3: in one piece, or in parts of which some travel at once.
import { api, explain } from "../../api/client";
import { put, SendError, withRetries } from "../../lib/send";

/** Parts that travel at once. */
const PARALLEL = 3;

/** Browsers do not know every container. */
const TYPES: Record<string, string> = {
  mp4: "video/mp4",
  m4v: "video/x-m4v",
  mov: "video/quicktime",
  mkv: "video/x-matroska",
  webm: "video/webm",
  avi: "video/x-msvideo",
  ts: "video/mp2t",
  mpg: "video/mpeg",
  flv: "video/x-flv",
  "3gp": "video/3gpp",
  ogv: "video/ogg",
  mxf: "application/mxf",
};

type Send = { file: File; title: string; onProgress: (bytes: number) => void; signal: AbortSignal };

/** Uploads `file` and answers the id of its video. */
export async function upload({ file, title, onProgress, signal }: Send): Promise<string> {
  const extension = file.name.split(".").pop()?.toLowerCase() ?? "";
  const contentType = TYPES[extension] ?? file.type;
  const begun = await api.POST("/api/v1/uploads", {
    body: { fileName: file.name, contentType, fileSize: file.size, title },
    signal,
  });
  if (!begun.data) throw new Error(explain(begun.error));
  const { uploadId, videoId, url, headers, parts, partSize } = begun.data;
  try {
    await send();
  } catch (error) {
    // It cannot be gone on with from here: what has come is dropped now, not after a day. If this fails too, then.
    const path = { uploadId };
    await api.DELETE("/api/v1/uploads/{uploadId}", { params: { path } }).catch(() => undefined);
    throw error;
  }
  return videoId;

  async function send(): Promise<void> {
    if (url) {
      await withRetries(async (attempt) => {
        try {
          await put({ url, headers: headers ?? {}, body: file, onProgress, signal });
        } catch (error) {
          // Nothing is overwritten: the file stands already, and only the answer to an earlier try was lost.
          if (attempt === 1 || !(error instanceof SendError) || error.status !== 412) throw error;
        }
      });
    } else if (parts && partSize) {
      await sendParts({ uploadId, partSize, file, first: parts, onProgress, signal });
    }
  }
}

type Target = { number: number; url: string };
type Parts = Omit<Send, "title"> & { uploadId: string; partSize: number; first: Target[] };

async function sendParts({
  uploadId,
  partSize,
  file,
  first,
  onProgress,
  signal: outer,
}: Parts): Promise<void> {
  // When one part fails for good the others stop as well.
  const own = new AbortController();
  const signal = AbortSignal.any([outer, own.signal]);
  const count = Math.ceil(file.size / partSize);
  const urls = new Map(first.map((part) => [part.number, part.url]));
  const etags: string[] = [];
  const sent: number[] = [];
  let next = 1;

  async function sign(number: number): Promise<string> {
    const known = urls.get(number);
    if (known) return known;
    const numbers = Array.from({ length: Math.min(50, count - number + 1) }, (_, index) => number + index);
    const path = { uploadId };
    const fresh = await api.POST("/api/v1/uploads/{uploadId}/parts", {
      params: { path },
      body: { numbers },
      signal,
    });
    if (!fresh.data) throw new Error(explain(fresh.error));
    for (const part of fresh.data.parts) urls.set(part.number, part.url);
    return urls.get(number) ?? "";
  }

  async function sendOne(number: number): Promise<void> {
    const body = file.slice((number - 1) * partSize, Math.min(number * partSize, file.size));
    etags[number - 1] = await withRetries(async () => {
      const url = await sign(number);
      // URLs are good for a quarter of an hour: a later try asks for another.
      urls.delete(number);
      const report = (bytes: number) => {
        if (signal.aborted) return;
        sent[number] = bytes;
        onProgress(sent.reduce((sum, bytes) => sum + (bytes ?? 0), 0));
      };
      return put({ url, body, onProgress: report, signal });
    });
  }

  async function worker(): Promise<void> {
    for (let number = next++; number <= count; number = next++) await sendOne(number);
  }

  try {
    await Promise.all(Array.from({ length: PARALLEL }, worker));
  } catch (error) {
    own.abort(error);
    throw error;
  }
  // Repeating it does no harm, and everything has been sent.
  const completed = await withRetries(async () => {
    const answer = await api
      .POST("/api/v1/uploads/{uploadId}/complete", {
        params: { path: { uploadId } },
        body: { parts: etags.map((etag, index) => ({ number: index + 1, etag })) },
        signal,
      })
      .catch(() => {
        throw signal.aborted ? signal.reason : new SendError(0);
      });
    if (answer.response.status >= 500) throw new SendError(answer.response.status);
    return answer;
  });
  if (!completed.data) throw new Error(explain(completed.error));
}
