// A real encoder: ffmpeg, fed with frames that carry the time they were made at, sends RTMP.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

export const WIDTH = 320;
export const HEIGHT = 180;
const RATE = 30;
/** Pixels of a block of the clock; 32 of them fill a row. */
export const BLOCK = 10;
/** The clock's highest bit; the block behind it makes the number of white ones even. */
export const BITS = 31;

/** A picture with the clock in its first row of blocks, the clock's opposite in the second, and a bar that moves. */
function frame(now: number, number: number): Buffer {
  const pixels = Buffer.alloc(WIDTH * HEIGHT, 96);
  const bits = Array.from({ length: BITS }, (_, bit) => Math.floor(now / 2 ** bit) % 2);
  bits.push(bits.reduce((sum, bit) => sum ^ bit, 0));
  for (let y = 0; y < 2 * BLOCK; y++) {
    const opposite = y < BLOCK ? 0 : 1;
    bits.forEach((bit, index) => {
      const at = y * WIDTH + index * BLOCK;
      pixels.fill(bit ^ opposite ? 255 : 0, at, at + BLOCK);
    });
  }
  const bar = (number * 4) % (WIDTH - 20);
  for (let y = 40; y < HEIGHT; y++) pixels.fill(200, y * WIDTH + bar, y * WIDTH + bar + 20);
  return pixels;
}

export class Encoder {
  /** When it was started. */
  readonly startedAt = Date.now();
  private readonly process: ChildProcess;
  private readonly timer: ReturnType<typeof setInterval>;
  private said = "";

  constructor(url: string) {
    const picture = `-f rawvideo -pix_fmt gray -s ${WIDTH}x${HEIGHT} -r ${RATE} -i pipe:0`;
    const sound = "-f lavfi -i sine=frequency=300,volume=0.1";
    const coding = "-c:v libx264 -preset ultrafast -tune zerolatency -g 30 -pix_fmt yuv420p -c:a aac";
    const words = `-v error ${picture} ${sound} ${coding} -f flv`.split(" ");
    this.process = spawn(process.env.FFMPEG ?? "ffmpeg", [...words, url], {
      stdio: ["pipe", "ignore", "pipe"],
    });
    this.process.stderr?.on("data", (data) => {
      this.said += data;
    });
    // It may be killed while a frame is on its way.
    this.process.stdin?.on("error", () => clearInterval(this.timer));
    let number = 0;
    this.timer = setInterval(() => {
      const due = Math.floor(((Date.now() - this.startedAt) * RATE) / 1000);
      for (; number < due; number++) this.process.stdin?.write(frame(Date.now(), number));
    }, 5);
  }

  /** Kills it: to the server, the line is cut. */
  async kill(): Promise<void> {
    clearInterval(this.timer);
    if (this.process.exitCode !== null || this.process.signalCode !== null) {
      throw new Error(`the encoder has ended by itself: ${this.said}`);
    }
    const ended = once(this.process, "exit");
    this.process.kill("SIGKILL");
    await ended;
  }

  /** Makes sure that it is gone, however the test went. */
  end(): void {
    clearInterval(this.timer);
    this.process.kill("SIGKILL");
  }
}
