// Reads the clock that the encoder puts into the picture.
import { expect, type Locator } from "@playwright/test";
import { BITS, BLOCK, HEIGHT, WIDTH } from "./encoder";

const positionOf = (video: Locator) => video.evaluate((element: HTMLVideoElement) => element.currentTime);

/** Reads the clock in the picture: how old it is, in milliseconds; null when the picture shows no clock. */
function pictureAge(element: HTMLVideoElement, [width, height, block, bits]: number[]): number | null {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width ?? 0, height ?? 0];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context?.drawImage(element, 0, 0, canvas.width, canvas.height);
  const now = Date.now();
  const size = block ?? 0;
  const isWhite = (index: number, row: number) =>
    (context?.getImageData(index * size + size / 2, row * size + size / 2, 1, 1).data[0] ?? 0) > 127;
  let [shown, parity] = [0, 0];
  for (let index = 0; index <= (bits ?? 0); index++) {
    const bit = isWhite(index, 0);
    if (bit === isWhite(index, 1)) return null;
    parity ^= Number(bit);
    if (bit && index < (bits ?? 0)) shown += 2 ** index;
  }
  return parity ? null : (now % 2 ** (bits ?? 0)) - shown;
}

/** How old what `video` shows is, in milliseconds; null when the picture shows no clock. */
export function ageOf(video: Locator): Promise<number | null> {
  return video.evaluate(pictureAge, [WIDTH, HEIGHT, BLOCK, BITS]);
}

/** Measures from the encoder's frame to the screen, in milliseconds: median and 95th percentile of 20 readings. */
export async function glassToGlass(video: Locator): Promise<{ median: number; p95: number }> {
  const ages: number[] = [];
  let at = await positionOf(video);
  while (ages.length < 20) {
    at += 0.5;
    await expect.poll(() => positionOf(video), { intervals: [50] }).toBeGreaterThan(at);
    const age = await ageOf(video);
    if (age !== null) ages.push(age);
  }
  ages.sort((one, other) => one - other);
  return { median: ages[10] ?? 0, p95: ages[18] ?? 0 };
}
