export type Picture = { url: string; atMs: number };

/** The picture taken nearest to `seconds`. */
export function nearest(pictures: readonly Picture[], seconds: number): Picture | undefined {
  const away = ({ atMs }: Picture) => Math.abs(atMs - seconds * 1000);
  return pictures.reduce<Picture | undefined>(
    (best, one) => (best && away(best) <= away(one) ? best : one),
    undefined,
  );
}
