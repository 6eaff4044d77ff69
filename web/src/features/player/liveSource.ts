// The two places a live stream is played from, and how hls.js is set for each.
import type { HlsConfig, LevelDetails } from "hls.js";
import Hls from "hls.js/light";
import { QUICK_START } from "./quality";

/** What was recorded of a stream so far, and about when that began, in Unix milliseconds. */
export type Recording = { url: string; since: number };
/** The rolling playlist at the edge; or a recording, from what was on air at `at` (Unix milliseconds). */
export type Source = { from: "edge" } | ({ from: "recording"; at: number } & Recording);

/** Seconds behind the edge without hls.js. */
export const TARGET_WITHOUT_HLS = 8;
/**
 * The playlist of a stream that just began lists nothing at first, which hls.js takes for an error: left alone it would ask
 * again after 1, 2, then 4 s.
 */
const EMPTY_AT_FIRST: HlsConfig["playlistLoadPolicy"] = {
  default: {
    ...Hls.DefaultConfig.playlistLoadPolicy.default,
    errorRetry: { maxNumRetry: 10, retryDelayMs: 250, maxRetryDelayMs: 500 },
  },
};
/** Seconds to stay behind the edge, and to be behind at most, of a stream without parts. */
const PLAIN: Partial<HlsConfig> = { liveSyncDuration: 3, liveMaxLatencyDuration: 10 };
/** Target durations; how near is near enough, the playlist says with PART-HOLD-BACK. */
const LOW_LATENCY_MAX = 5;

/** An hls.js that plays from `source`. */
export function hlsOf(source: Source, isLowLatency: boolean): Hls {
  // In a recording nothing hurries the viewer to its end.
  if (source.from === "recording") {
    const startPosition = Math.max((source.at - source.since) / 1000, 0);
    return new Hls({ ...QUICK_START, backBufferLength: 60, startPosition });
  }
  const hls = new Hls({
    ...QUICK_START,
    lowLatencyMode: true,
    maxLiveSyncPlaybackRate: 1.1,
    backBufferLength: 30,
    playlistLoadPolicy: EMPTY_AT_FIRST,
    ...(isLowLatency ? {} : PLAIN),
  });
  // The constructor takes it only together with a distance of our own.
  if (isLowLatency) hls.config.liveMaxLatencyDurationCount = LOW_LATENCY_MAX;
  return hls;
}

/** When the newest of a playlist ends, in Unix milliseconds; undefined when it is not dated. */
export function edgeDateOf({ fragments, partList }: LevelDetails): number | undefined {
  const part = partList?.at(-1);
  const segment = part?.fragment ?? fragments.at(-1);
  if (typeof segment?.programDateTime !== "number") return undefined;
  return segment.programDateTime + (part ? part.fragOffset + part.duration : segment.duration) * 1000;
}
