// Short news that need no answer: said at the page's foot, and to screen readers.
import { useSyncExternalStore } from "react";

type Toast = { id: number; words: string };

/** Milliseconds a toast stays. */
const STAY = 5_000;
let toasts: readonly Toast[] = [];
let next = 1;
const listeners = new Set<() => void>();

function show(changed: readonly Toast[]): void {
  toasts = changed;
  for (const listener of listeners) listener();
}

/** Says `words` for some seconds; what is being said already, once more in its place. */
export function toast(words: string): void {
  const id = next++;
  show([...toasts.filter((one) => one.words !== words), { id, words }]);
  setTimeout(() => show(toasts.filter((one) => one.id !== id)), STAY);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    <div
      role="status"
      className="pointer-events-none fixed inset-x-0 bottom-20 z-50 flex flex-col items-center gap-2 md:bottom-6"
    >
      {shown.map(({ id, words }) => (
        <p key={id} className="max-w-[calc(100vw-2rem)] rounded-lg bg-ink px-4 py-2 text-ground shadow-lg">
          {words}
        </p>
      ))}
    </div>
  );
}
