// Many changes, one drawing.

/** Milliseconds to the drawing where no frame comes: the tab is hidden. */
const HIDDEN = 500;

/** Calls `draw` once for all the calls of `ask` before the next frame. */
export class Ticker {
  #frame: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly draw: () => void) {}

  ask(): void {
    if (this.#frame !== undefined) return;
    this.#frame = requestAnimationFrame(() => this.#now());
    this.#timer = setTimeout(() => this.#now(), HIDDEN);
  }

  stop(): void {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    this.#frame = undefined;
  }

  #now(): void {
    this.stop();
    this.draw();
  }
}
