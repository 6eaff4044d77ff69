import { lazy, type ReactNode, Suspense, useId, useSyncExternalStore } from "react";
import { texts } from "../../../lib/texts";
import { Card } from "../../../ui/Card";
import { ErrorBoundary } from "../../../ui/ErrorBoundary";
import { GRAPHS, spanOf } from "./graphs";
import { HealthTable } from "./HealthTable";
import type { Sample, SignalLog } from "./SignalLog";
import type { Health } from "./useSignal";

const { health: words } = texts.broadcast;
const SignalGraph = lazy(() => import("./SignalGraph"));

type Props = {
  log: SignalLog;
  health: Health | undefined;
  /** Whether the encoder sends now. */
  isComing: boolean;
  /** Whether nothing will come any more. */
  isOver: boolean;
};

/** How well the encoder's signal comes in: the newest numbers, the last minutes, and what to do. */
export function HealthCard({ log, health, isComing, isOver }: Props) {
  const title = useId();
  const latest = useSyncExternalStore(log.subscribe, log.latest);
  // The measurements of a stream that was over some time ago are gone.
  if (isOver && !latest) return null;
  return (
    <Card aria-labelledby={title}>
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h2 id={title} className="font-bold text-lg">
          {words.title}
        </h2>
        {latest && <Verdict verdict={isComing ? (health?.verdict ?? "NONE") : "NONE"} />}
      </div>
      {!latest && <p className="text-quiet">{words.none}</p>}
      {latest && !isComing && <p className="text-quiet">{words.stale}</p>}
      {latest && isComing && <AdviceList health={health} />}
      {latest && <Numbers latest={latest} keyframeMs={keyframesOf(log.samples())} />}
      {latest && <Graphs log={log} />}
    </Card>
  );
}

const LOOKS: Record<string, string> = {
  GOOD: "text-good",
  FAIR: "text-warn",
  POOR: "text-bad",
};

function Verdict({ verdict }: { verdict: string }) {
  return (
    <p
      role="status"
      data-testid="verdict"
      className={`rounded-full border border-current px-3 py-0.5 font-semibold ${LOOKS[verdict] ?? "text-quiet"}`}
    >
      {words.verdict[verdict] ?? verdict}
    </p>
  );
}

function AdviceList({ health }: { health: Health | undefined }) {
  if (!health || health.verdict === "NONE") return null;
  if (!health.advice.length) return <p className="text-quiet">{words.fine}</p>;
  return (
    <ul role="status" className="flex list-disc flex-col gap-1 pl-5">
      {health.advice.map((sentence) => (
        <li key={sentence}>{sentence}</li>
      ))}
    </ul>
  );
}

/** Frames of the room do not tell of key frames; the newest measurement that does. */
function keyframesOf(samples: readonly Sample[]): number {
  return samples.findLast(({ keyframeMs }) => keyframeMs > 0)?.keyframeMs ?? 0;
}

function Numbers({ latest, keyframeMs }: { latest: Sample; keyframeMs: number }) {
  const { width, height } = latest;
  return (
    <dl className="grid grid-cols-2 gap-x-6 gap-y-4 sm:grid-cols-3 xl:grid-cols-5">
      {GRAPHS.map(({ name, of, unit }) => (
        <Figure key={name} name={name}>
          {unit(of(latest))}
        </Figure>
      ))}
      <Figure name={words.resolution}>{width ? words.pixels(width, height) : words.unknown}</Figure>
      <Figure name={words.keyframes}>{keyframeMs ? words.every(keyframeMs) : words.unknown}</Figure>
    </dl>
  );
}

function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-quiet text-sm">{name}</dt>
      <dd className="font-bold text-xl tabular-nums">{children}</dd>
    </div>
  );
}

function Graphs({ log }: { log: SignalLog }) {
  const samples = useSyncExternalStore(log.subscribe, log.samples);
  return (
    <>
      <h3 className="font-semibold">{words.graphs}</h3>
      <ErrorBoundary fallback={<HealthTable samples={samples} />}>
        <div className="grid gap-4 2xl:grid-cols-3">
          {GRAPHS.map(({ name, hint, of, unit, range }) => (
            <figure key={name} className="flex min-w-0 flex-col gap-1">
              <figcaption className="text-quiet text-sm">
                <span className="font-medium text-ink">{name}</span> {hint}
              </figcaption>
              <Suspense fallback={<div className="h-32" />}>
                <SignalGraph
                  log={log}
                  label={spanOf(name, samples, of, unit)}
                  of={of}
                  unit={unit}
                  range={range}
                />
              </Suspense>
            </figure>
          ))}
        </div>
        <details>
          <summary className="w-fit font-medium">{words.table}</summary>
          <HealthTable samples={samples} />
        </details>
      </ErrorBoundary>
    </>
  );
}
