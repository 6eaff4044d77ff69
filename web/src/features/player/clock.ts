// Where in a playlist something is, and when it was on air: EXT-X-PROGRAM-DATE-TIME (RFC 8216, 4.3.2.6) tells.

/** What is needed of a segment: its place on the player's timeline in seconds, and when it began in Unix milliseconds. */
export type Dated = { start: number; duration: number; programDateTime: number | null };

/** When what stands at `position` was on air, in Unix milliseconds; undefined where no segment is. */
export function dateAt(segments: readonly Dated[], position: number): number | undefined {
  const found = segments.findLast(({ start }) => start <= position);
  if (!found || found.programDateTime === null || position > found.start + found.duration + 1)
    return undefined;
  return found.programDateTime + (position - found.start) * 1000;
}

/**
 * Where what was on air at `date` stands. What lies in a gap, between two connections of an encoder, is moved to its end;
 * what lies outside, to the nearest segment. Undefined when nothing is dated.
 */
export function positionOf(segments: readonly Dated[], date: number): number | undefined {
  const dated = segments.filter((segment) => segment.programDateTime !== null);
  const found = dated.findLast(({ programDateTime }) => (programDateTime ?? 0) <= date);
  if (!found) return dated[0]?.start;
  const inside = (date - (found.programDateTime ?? 0)) / 1000;
  if (inside <= found.duration) return found.start + inside;
  return dated[dated.indexOf(found) + 1]?.start ?? found.start;
}
