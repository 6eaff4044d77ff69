import { expect, test } from "vitest";
import { nameColour, ON_DARK, ON_LIGHT } from "./colours";

/** The surfaces names stand on, from the theme: card and raised, light and dark. */
const LIGHT = ["#ffffff", "#eceff3"];
const DARK = ["#171c23", "#222a34"];

const luminance = (linear: number[]) =>
  linear.reduce((sum, part, index) => sum + part * ([0.2126, 0.7152, 0.0722][index] ?? 0), 0);

/** Oklch to linear sRGB, clipped to what a screen shows (CSS Color 4, section 10). */
function fromOklch(l: number, c: number, hue: number): number[] {
  const [a, b] = [c * Math.cos((hue * Math.PI) / 180), c * Math.sin((hue * Math.PI) / 180)];
  const cone = [
    l + 0.3963377774 * a + 0.2158037573 * b,
    l - 0.1055613458 * a - 0.0638541728 * b,
    l - 0.0894841775 * a - 1.291485548 * b,
  ].map((value) => value ** 3);
  const rows = [
    [4.0767416621, -3.3077115913, 0.2309699292],
    [-1.2684380046, 2.6097574011, -0.3413193965],
    [-0.0041960863, -0.7034186147, 1.707614701],
  ];
  return rows.map((row) =>
    Math.min(
      Math.max(
        row.reduce((sum, part, index) => sum + part * (cone[index] ?? 0), 0),
        0,
      ),
      1,
    ),
  );
}

function fromHex(hex: string): number[] {
  return [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
}

function contrast(one: number[], other: number[]): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
}

test("names of every hue are readable on every surface in both themes", () => {
  for (let hue = 0; hue < 360; hue++) {
    for (const surface of LIGHT)
      expect(contrast(fromOklch(...ON_LIGHT, hue), fromHex(surface)), `${hue}`).toBeGreaterThan(4.5);
    for (const surface of DARK)
      expect(contrast(fromOklch(...ON_DARK, hue), fromHex(surface)), `${hue}`).toBeGreaterThan(4.5);
  }
});

test("a name has one colour, and not that of the next", () => {
  expect(nameColour("ann")).toBe(nameColour("ann"));
  expect(nameColour("ann")).not.toBe(nameColour("anna"));
});
