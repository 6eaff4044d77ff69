import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { lineOf, type Sample, type SignalLog } from "./SignalLog";

/** Seconds that a graph shows. */
const SHOWN = 300;
const HEIGHT = 128;
/** Milliseconds between two drawings when nothing comes. */
const STEP = 1000;

type Props = {
  log: SignalLog;
  /** What it shows, in words: read instead of the picture. */
  label: string;
  of: (sample: Sample) => number;
  unit: (value: number) => string;
  /** What the scale shows at least. */
  range: (low: number, high: number) => [number, number];
};

/** The colour that CSS gives an element, whatever theme it is in. */
function colourOf(element: Element | null): string {
  return element ? getComputedStyle(element).color : "currentColor";
}

/** One measurement over the last five minutes. It is drawn once a frame at most, outside React. */
export default function SignalGraph({ log, label, of, unit, range }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const line = useRef<HTMLSpanElement>(null);
  const quiet = useRef<HTMLSpanElement>(null);
  const kind = useRef({ of, unit, range });
  kind.current = { of, unit, range };

  useEffect(() => {
    const at = frame.current;
    if (!at) return;
    const axis = {
      stroke: () => colourOf(quiet.current),
      font: "12px system-ui",
      grid: { stroke: () => `color-mix(in srgb, ${colourOf(quiet.current)} 22%, transparent)`, width: 1 },
      ticks: { show: false },
    };
    const plot = new uPlot(
      {
        width: at.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { range: () => [Date.now() / 1000 - SHOWN, Date.now() / 1000] },
          y: { range: (_, low, high) => kind.current.range(low, high) },
        },
        axes: [
          { ...axis, size: 26, space: 90, values: "{HH}:{mm}" },
          {
            ...axis,
            size: 78,
            space: 28,
            values: (_, ticks) => ticks.map((tick) => kind.current.unit(tick)),
          },
        ],
        series: [
          {},
          { stroke: () => colourOf(line.current), width: 2, points: { show: false }, spanGaps: false },
        ],
      },
      [[], []],
      at,
    );

    let asked = 0;
    function draw() {
      asked = 0;
      const now = Date.now();
      const since = now - SHOWN * 1000;
      const { times, values } = lineOf(log.samples(), since, kind.current.of);
      // Its ends are there without measurements, too.
      plot.setData([
        [since / 1000, ...times, Math.max(now / 1000, times.at(-1) ?? 0)],
        [null, ...values, null],
      ]);
    }
    function soon() {
      asked ||= requestAnimationFrame(draw);
    }
    soon();
    const leave = log.subscribe(soon);
    // Time goes on when nothing comes.
    const timer = setInterval(soon, STEP);
    const resized = new ResizeObserver(() => {
      plot.setSize({ width: at.clientWidth, height: HEIGHT });
    });
    resized.observe(at);
    const theme = matchMedia("(prefers-color-scheme: dark)");
    theme.addEventListener("change", soon);
    return () => {
      cancelAnimationFrame(asked);
      clearInterval(timer);
      leave();
      resized.disconnect();
      theme.removeEventListener("change", soon);
      plot.destroy();
    };
  }, [log]);

  return (
    <div role="img" aria-label={label} className="relative w-full overflow-hidden">
      <span ref={line} className="absolute text-accent" />
      <span ref={quiet} className="absolute text-quiet" />
      <div ref={frame} />
    </div>
  );
}
