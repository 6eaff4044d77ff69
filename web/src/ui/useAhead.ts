import { useEffect } from "react";

/** Loads a part of the page while its data is still on the way. `load` must stay the same function. */
export function useAhead(load: () => Promise<unknown>): void {
  useEffect(() => {
    // Whoever shows the part hears of a failure.
    load().catch(() => undefined);
  }, [load]);
}
