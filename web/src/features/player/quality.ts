// Which renditions there are, and which one is played.
import Hls from "hls.js/light";

/** One rendition: its number in hls.js and its name for people, `720p`. */
export type Rendition = { level: number; name: string };
export type Quality = {
  /** The best first; one a height. */
  renditions: Rendition[];
  /** What the viewer has chosen; -1 lets the player choose. */
  chosen: number;
  /** The name of the one that is played. */
  playing: string | undefined;
};

/**
 * Settings of hls.js for a quick start: no segment is loaded only to measure the line, whose bits per second are assumed
 * until others have told.
 */
export const QUICK_START = { testBandwidth: false, abrEwmaDefaultEstimate: 3_000_000 };

type Level = { height: number; bitrate: number };

/** The renditions people can choose from, the best first; of several of one height, the richest. */
export function renditionsOf(levels: readonly Level[]): Rendition[] {
  const sorted = levels
    .map((level, index) => ({ ...level, level: index, name: nameOf(level) }))
    .sort((one, other) => other.height - one.height || other.bitrate - one.bitrate);
  const first = sorted.filter(
    ({ name }, index) => sorted.findIndex((other) => other.name === name) === index,
  );
  return first.map(({ level, name }) => ({ level, name }));
}

/** A playlist need not tell heights. */
function nameOf({ height, bitrate }: Level): string {
  return height ? `${height}p` : `${(bitrate / 1e6).toFixed(1)} Mbit/s`;
}

/** Tells the quality whenever it changes, as long as `hls` lives; what is returned has it play another rendition. */
export function watchQuality(hls: Hls, tell: (quality: Quality) => void): (level: number) => void {
  let chosen = -1;
  const look = () => {
    const level = hls.levels[hls.currentLevel];
    tell({ renditions: renditionsOf(hls.levels), chosen, playing: level && nameOf(level) });
  };
  hls.on(Hls.Events.MANIFEST_PARSED, look);
  hls.on(Hls.Events.LEVELS_UPDATED, look);
  hls.on(Hls.Events.LEVEL_SWITCHED, look);
  return (level) => {
    chosen = level;
    // From the next segment on: what is buffered is thrown away, the picture goes on.
    hls.nextLevel = level;
    look();
  };
}
