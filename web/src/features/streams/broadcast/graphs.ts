// What is drawn of an encoder's signal, and how it is said.
import { texts } from "../../../lib/texts";
import type { Sample } from "./SignalLog";

const { health: words } = texts.broadcast;

/** Milliseconds of drift that a graph shows at least: less is noise. */
const DRIFT = 500;

export const GRAPHS = [
  {
    name: words.bitrate,
    hint: "",
    of: (sample: Sample) => sample.bitrateKbps,
    unit: words.kbps,
    range: (_low: number, high: number): [number, number] => [0, Math.max(high * 1.15, 100)],
  },
  {
    name: words.fps,
    hint: "",
    of: (sample: Sample) => sample.fps,
    unit: words.perSecond,
    range: (_low: number, high: number): [number, number] => [0, Math.max(high * 1.15, 30)],
  },
  {
    name: words.drift,
    hint: words.driftWords,
    of: (sample: Sample) => sample.driftMs,
    unit: words.ms,
    range: (low: number, high: number): [number, number] => [
      Math.min(low * 1.15, -DRIFT),
      Math.max(high * 1.15, DRIFT),
    ],
  },
];

/** Milliseconds that are said and drawn. */
const SHOWN = 300_000;

/** What a graph shows, in one sentence. */
export function spanOf(
  name: string,
  samples: readonly Sample[],
  of: (sample: Sample) => number,
  unit: (value: number) => string,
): string {
  const newest = samples.at(-1);
  if (!newest) return name;
  const since = Date.parse(newest.at) - SHOWN;
  const values = samples.filter(({ at }) => Date.parse(at) >= since).map(of);
  return words.graph(name, unit(of(newest)), unit(Math.min(...values)), unit(Math.max(...values)));
}
