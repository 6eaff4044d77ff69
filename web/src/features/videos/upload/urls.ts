// Presigned URLs of parts: kept while they are good, asked for in lots.
import { api } from "../../../api/client";
import { dataOf } from "../../../api/query";

/** Milliseconds a URL is used for; the server's are good for a minute more. */
const LIFE = 14 * 60_000;
/** URLs that are asked for at once. */
const LOT = 50;

type Target = { number: number; url: string };
type Known = { url: string; until: number };

export class PartUrls {
  private readonly known = new Map<number, Known>();
  private asking: Promise<void> | null = null;

  constructor(
    private readonly uploadId: string,
    first: Target[],
  ) {
    this.keep(first);
  }

  /** The URL of part `number`; `todo` are the parts that will be wanted soon. Each URL is given once. */
  async take(number: number, todo: readonly number[], signal: AbortSignal): Promise<string> {
    for (;;) {
      signal.throwIfAborted();
      const found = this.known.get(number);
      this.known.delete(number);
      if (found && found.until > Date.now()) return found.url;
      // Several parts find out at the same time: one of them asks for all.
      this.asking ??= this.ask(
        [number, ...todo.filter((other) => other > number)].slice(0, LOT),
        signal,
      ).finally(() => {
        this.asking = null;
      });
      await this.asking;
    }
  }

  private async ask(numbers: number[], signal: AbortSignal): Promise<void> {
    const params = { path: { uploadId: this.uploadId } };
    const asked = api.POST("/api/v1/uploads/{uploadId}/parts", { params, body: { numbers }, signal });
    this.keep((await dataOf(asked)).parts);
  }

  private keep(targets: Target[]): void {
    const until = Date.now() + LIFE;
    for (const { number, url } of targets) this.known.set(number, { url, until });
  }
}
