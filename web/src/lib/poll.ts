// Looks again and again, seldom while nobody sees the page.

/** Milliseconds between two looks at least, while the page is in the background. */
const UNSEEN = 15_000;

/**
 * Calls `look` until it answers null; a number is the milliseconds until the next look. A page that comes to the
 * foreground looks at once. What is returned ends it.
 */
export function poll(look: (signal: AbortSignal) => Promise<number | null>): () => void {
  const control = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function once() {
    timer = undefined;
    const pause = await look(control.signal);
    if (pause == null || control.signal.aborted) return;
    timer = setTimeout(once, document.hidden ? Math.max(pause, UNSEEN) : pause);
  }

  function seen() {
    if (document.hidden || timer === undefined) return;
    clearTimeout(timer);
    once();
  }

  document.addEventListener("visibilitychange", seen);
  once();
  return () => {
    control.abort();
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", seen);
  };
}
