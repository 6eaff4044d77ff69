import { texts } from "../../../lib/texts";
import { GRAPHS } from "./graphs";
import type { Sample } from "./SignalLog";

const { health: words } = texts.broadcast;
/** Rows: the newest ones say enough. */
const ROWS = 30;

/** The measurements as numbers, the newest first. */
export function HealthTable({ samples }: { samples: readonly Sample[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section tabIndex={0} aria-label={words.table} className="mt-2 max-h-72 overflow-auto">
      <table className="w-full text-left text-sm tabular-nums">
        <thead className="sticky top-0 bg-card">
          <tr>
            <th className="py-1 pr-4">{words.time}</th>
            {GRAPHS.map(({ name }) => (
              <th key={name} className="py-1 pr-4">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {samples
            .slice(-ROWS)
            .reverse()
            .map((sample) => (
              <tr key={sample.at} className="border-line border-t">
                <td className="py-1 pr-4">{new Date(sample.at).toLocaleTimeString("en-GB")}</td>
                {GRAPHS.map(({ name, of, unit }) => (
                  <td key={name} className="py-1 pr-4">
                    {unit(of(sample))}
                  </td>
                ))}
              </tr>
            ))}
        </tbody>
      </table>
    </section>
  );
}
