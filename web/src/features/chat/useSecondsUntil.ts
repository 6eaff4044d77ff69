import { useEffect, useState } from "react";

/** Whole seconds until `time` (milliseconds since 1970), counting down; 0 when it is past or there is none. */
export function useSecondsUntil(time: number | undefined): number {
  const [, look] = useState(0);
  const left = time === undefined ? 0 : Math.max(time - Date.now(), 0);
  useEffect(() => {
    if (left === 0) return;
    const timer = setTimeout(() => look((looks) => looks + 1), (left % 1000 || 1000) + 5);
    return () => clearTimeout(timer);
  });
  return Math.ceil(left / 1000);
}
