// PUT with progress: fetch cannot tell how much it has sent.

export class SendError extends Error {
  constructor(readonly status: number) {
    super(status ? `the server answered ${status}` : "the connection broke");
  }
}

type Put = {
  url: string;
  headers?: Record<string, string>;
  body: Blob;
  onProgress: (bytes: number) => void;
  signal: AbortSignal;
};

/** Sends `body` and answers the ETag it got. */
export function put({ url, headers = {}, body, onProgress, signal }: Put): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onload = () => {
      if (request.status === 200) resolve(request.getResponseHeader("ETag") ?? "");
      else reject(new SendError(request.status));
    };
    request.onerror = () => reject(new SendError(0));
    request.onabort = () => reject(signal.reason);
    signal.addEventListener("abort", () => request.abort(), { once: true });
    if (signal.aborted) reject(signal.reason);
    // A blob's own type would become a header that was not signed.
    else request.send(headers["content-type"] ? body : body.slice(0, body.size, ""));
  });
}

/** Tries again after a pause, longer each time, when the connection or the server fails. */
export async function withRetries<T>(work: (attempt: number) => Promise<T>, tries = 4): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt);
    } catch (error) {
      // 403: the URL has expired; the next try asks for another where there is one.
      const passing =
        error instanceof SendError && (error.status === 0 || error.status === 403 || error.status >= 500);
      if (!passing || attempt === tries) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** attempt));
    }
  }
}
