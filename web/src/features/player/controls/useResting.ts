import { type RefObject, useCallback, useEffect, useState } from "react";

/** Milliseconds without a touch, a move or a key after which the controls hide. */
const REST = 3_000;

/** Whether nobody has touched `stage` for a while. A control that shows its focus keeps it awake. */
export function useResting(stage: RefObject<HTMLElement | null>, isHeld: boolean) {
  const [isResting, setIsResting] = useState(false);
  /** Counts what happened: each starts the time anew. */
  const [wakes, setWakes] = useState(0);

  const wake = useCallback(() => {
    setIsResting(false);
    setWakes((count) => count + 1);
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: each wake starts the time anew
  useEffect(() => {
    if (isHeld) return;
    const timer = setTimeout(() => {
      if (!stage.current?.querySelector("[data-bar] :focus-visible")) setIsResting(true);
    }, REST);
    return () => clearTimeout(timer);
  }, [stage, isHeld, wakes]);

  return { isResting: isResting && !isHeld, wake, rest: useCallback(() => setIsResting(true), []) };
}
