import { hueOf } from "../../lib/hue";

/** Lightness and chroma of names on light and on dark: readable on every surface, whatever the hue. */
export const ON_LIGHT = [0.45, 0.13] as const;
export const ON_DARK = [0.8, 0.11] as const;

/** The colour of a name, always the same for the same name. */
export function nameColour(name: string): string {
  const hue = hueOf(name);
  const [light, dark] = [ON_LIGHT, ON_DARK].map((pair) => `oklch(${pair.join(" ")} ${hue})`);
  return `light-dark(${light}, ${dark})`;
}
