// The plan of a file that travels in parts.

export type Received = { number: number; etag: string; size: number };
export type Plan = { fileSize: number; partSize: number };

export function countOf({ fileSize, partSize }: Plan): number {
  return Math.ceil(fileSize / partSize);
}

/** The first byte of part `number` and the one behind its last. */
export function rangeOf({ fileSize, partSize }: Plan, number: number): [from: number, to: number] {
  return [(number - 1) * partSize, Math.min(number * partSize, fileSize)];
}

/** The ETags of parts that have come whole; one of another size is sent again. */
export function whole(plan: Plan, received: Received[]): Map<number, string> {
  const isWhole = ({ number, size }: Received) => {
    const [from, to] = rangeOf(plan, number);
    return size === to - from;
  };
  return new Map(received.filter(isWhole).map(({ number, etag }) => [number, etag]));
}

/** The numbers that are still to be sent, in order. */
export function missing(plan: Plan, etags: ReadonlyMap<number, string>): number[] {
  const all = Array.from({ length: countOf(plan) }, (_, index) => index + 1);
  return all.filter((number) => !etags.has(number));
}

/** Bytes of the parts that have come. */
export function bytesOf(plan: Plan, etags: ReadonlyMap<number, string>): number {
  return [...etags.keys()].reduce((sum, number) => {
    const [from, to] = rangeOf(plan, number);
    return sum + to - from;
  }, 0);
}
