// What is measured of an encoder, kept outside React: graphs draw it, numbers read it.
import type { components } from "../../../api/schema";

export type Sample = components["schemas"]["Sample"];

/** Milliseconds back that are kept: as many as the API tells of. */
const KEPT = 600_000;

/** Measurements in the order of their times, each once. */
export class SignalLog {
  private kept: readonly Sample[] = [];
  private readonly listeners = new Set<() => void>();

  /** All of them; another array after each change. */
  readonly samples = (): readonly Sample[] => this.kept;

  readonly latest = (): Sample | undefined => this.kept.at(-1);

  /** Takes measurements in any order, known ones too: those of the API say more, so the first of a time gives way. */
  add(samples: readonly Sample[]): void {
    const byTime = new Map(this.kept.map((sample) => [Date.parse(sample.at), sample]));
    for (const sample of samples) {
      const at = Date.parse(sample.at);
      const known = byTime.get(at);
      if (!known || (sample.keyframeMs && !known.keyframeMs)) byTime.set(at, sample);
    }
    const times = [...byTime.keys()].sort((one, other) => one - other);
    const since = (times.at(-1) ?? 0) - KEPT;
    const merged = times.flatMap((at) => (at > since ? (byTime.get(at) ?? []) : []));
    const isSame =
      merged.length === this.kept.length && merged.every((one, index) => one === this.kept[index]);
    if (isSame) return;
    this.kept = merged;
    for (const listener of this.listeners) listener();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
}

/** The numbers of one kind over the time `since` (milliseconds); null where it did not come. */
export type Line = { times: number[]; values: (number | null)[] };

/** Periods without a measurement that are a gap. */
const GAP_PERIODS = 3;

/** A line for a graph: seconds since 1970, and a gap where nothing came. */
export function lineOf(samples: readonly Sample[], since: number, of: (sample: Sample) => number): Line {
  const line: Line = { times: [], values: [] };
  let last: { at: number; period: number } | undefined;
  for (const sample of samples) {
    const at = Date.parse(sample.at);
    if (at < since) continue;
    const period = Math.max(sample.periodMs, last?.period ?? 0);
    if (last && at - last.at > period * GAP_PERIODS) {
      line.times.push((last.at + 1) / 1000);
      line.values.push(null);
    }
    line.times.push(at / 1000);
    line.values.push(of(sample));
    last = { at, period: sample.periodMs };
  }
  return line;
}

/** The mean of what was measured between two times, weighed by the time each measurement is about. */
export function meanBitrate(samples: readonly Sample[], from: number, to: number): number | undefined {
  const within = samples.filter(({ at }) => Date.parse(at) >= from && Date.parse(at) <= to);
  const weight = within.reduce((sum, { periodMs }) => sum + periodMs, 0);
  if (!weight) return undefined;
  return within.reduce((sum, { bitrateKbps, periodMs }) => sum + bitrateKbps * periodMs, 0) / weight;
}
