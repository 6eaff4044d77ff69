/** A picture that should move and has not for this time, in milliseconds, is begun anew. */
const STANDSTILL = 10_000;

/** Calls `stuck` whenever the picture has stood still for too long, unless it may; what is returned ends it. */
export function watchStandstill(
  video: HTMLVideoElement,
  mayStand: () => boolean,
  stuck: () => void,
): () => void {
  let [shown, movedAt] = [-1, performance.now()];
  const timer = setInterval(() => {
    const now = performance.now();
    if (video.currentTime !== shown || mayStand()) [shown, movedAt] = [video.currentTime, now];
    else if (now - movedAt > STANDSTILL) {
      movedAt = now;
      stuck();
    }
  }, 1_000);
  return () => clearInterval(timer);
}
