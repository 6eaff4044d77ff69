// Real movies, made by ffmpeg.
import { execFileSync } from "node:child_process";
import { appendFileSync, readFileSync } from "node:fs";

const FFMPEG = process.env.FFMPEG ?? "ffmpeg";

/** Makes an MP4 of `seconds` at `path`, with picture and sound. */
export function makeMovie(path: string, seconds: number, size = "640x360"): string {
  const picture = `-f lavfi -i testsrc2=s=${size}:r=30:d=${seconds}`;
  const sound = `-f lavfi -i sine=frequency=300:d=${seconds}`;
  const coding = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac";
  execFileSync(FFMPEG, [..."-v error -y".split(" "), ...`${picture} ${sound} ${coding}`.split(" "), path]);
  return path;
}

/** Makes the movie at `path` at least `bytes` long: a box of type `free` is skipped by every player (ISO 14496-12, 8.1.2). */
export function pad(path: string, bytes: number): void {
  const length = Math.max(bytes - readFileSync(path).length, 8);
  const box = Buffer.alloc(length);
  box.writeUInt32BE(length, 0);
  box.write("free", 4, "latin1");
  appendFileSync(path, box);
}
