// Live playback: keeps a <video> at the edge of a stream, and comes back by itself whatever breaks.
import type { HlsConfig } from "hls.js";
import Hls from "hls.js/light";
import { Refused } from "./refused";

/** What a viewer is told. `refused` ends by itself when `address` lets them in. */
export type Phase = { name: "loading" | "playing" | "reconnecting" } | { name: "refused"; words: string };

export type Live = {
  /** Seconds between the server that takes the stream and the screen, as well as they can be told. */
  latency: () => number | undefined;
  /** Seconds at which it is as near as it should be. */
  target: () => number;
  toEdge: () => void;
  stop: () => void;
};

type Watch = {
  video: HTMLVideoElement;
  /** Where the multivariant playlist is: asked for anew each time, since tokens expire. Throws `Refused`. */
  address: () => Promise<string>;
  isLowLatency: boolean;
  tell: (phase: Phase) => void;
};

/** Milliseconds before the first new try, and before any later one at most. */
const [FIRST_PAUSE, LONGEST_PAUSE] = [500, 8_000];
/** A decoder that fails again within this time, in milliseconds, needs more than another try. */
const TWICE = 5_000;
/** A picture that should move and has not for this time, in milliseconds, is begun anew. */
const STANDSTILL = 10_000;
/** A clock that differs by more seconds says nothing about latency. */
const CLOCKS_DIFFER = 60;
/** Seconds behind the edge without hls.js. */
const NATIVE_TARGET = 8;

const PLAIN: Partial<HlsConfig> = { liveSyncDuration: 3, liveMaxLatencyDuration: 10 };
/** Target durations; how near is near enough, the playlist says with PART-HOLD-BACK. */
const LOW_LATENCY_MAX = 5;

export function watchLive({ video, address, isLowLatency, tell }: Watch): Live {
  let isStopped = false;
  let failures = 0;
  /** From loading until it plays. */
  let isBeginning = true;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hls = Hls.isSupported()
    ? new Hls({
        lowLatencyMode: true,
        maxLiveSyncPlaybackRate: 1.1,
        backBufferLength: 30,
        ...(isLowLatency ? {} : PLAIN),
      })
    : undefined;
  // The constructor takes it only together with a distance of our own.
  if (hls && isLowLatency) hls.config.liveMaxLatencyDurationCount = LOW_LATENCY_MAX;

  async function load() {
    timer = undefined;
    isBeginning = true;
    try {
      const url = await address();
      if (isStopped) return;
      if (hls) hls.loadSource(url);
      else video.src = url;
    } catch (error) {
      if (isStopped) return;
      if (error instanceof Refused) tell({ name: "refused", words: error.message });
      again();
    }
  }

  function again() {
    if (timer !== undefined) return;
    timer = setTimeout(load, Math.min(FIRST_PAUSE * 2 ** failures++, LONGEST_PAUSE));
  }

  /** Also at the playlist's end: an encoder that was cut off comes back in another one. Who calls knows what is over. */
  function broken() {
    tell({ name: "reconnecting" });
    again();
  }

  /** Browsers let a page play by itself only without sound, if at all. */
  function play() {
    video.play().catch(() => {
      video.muted = true;
      // Then the viewer presses play.
      video.play().catch(() => undefined);
    });
  }

  const playing = () => {
    failures = 0;
    isBeginning = false;
    tell({ name: "playing" });
  };
  const waiting = () => tell({ name: "reconnecting" });
  video.addEventListener("playing", playing);
  video.addEventListener("waiting", waiting);
  video.addEventListener("ended", broken);
  if (hls) {
    let recoveredAt = -TWICE;
    hls.on(Hls.Events.MANIFEST_PARSED, play);
    hls.on(Hls.Events.ERROR, (_, { fatal, type }) => {
      if (!fatal) return;
      const now = performance.now();
      if (type === Hls.ErrorTypes.MEDIA_ERROR && now - recoveredAt > TWICE) {
        recoveredAt = now;
        hls.recoverMediaError();
        play();
      } else {
        broken();
      }
    });
    hls.attachMedia(video);
  } else {
    video.addEventListener("error", broken);
    video.addEventListener("loadedmetadata", play);
  }
  tell({ name: "loading" });
  load();
  let [shown, movedAt] = [-1, performance.now()];
  const watchdog = setInterval(() => {
    const now = performance.now();
    // Whoever pauses wants it to stand still; a new try is under way already.
    const mayStand = (video.paused && !isBeginning) || timer !== undefined;
    if (video.currentTime !== shown || mayStand) [shown, movedAt] = [video.currentTime, now];
    else if (now - movedAt > STANDSTILL) {
      movedAt = now;
      broken();
    }
  }, 1_000);

  const target = () => hls?.targetLatency ?? NATIVE_TARGET;
  const edge = () => {
    const { seekable } = video;
    return seekable.length ? seekable.end(seekable.length - 1) : undefined;
  };

  return {
    latency() {
      const shownAt = hls?.playingDate;
      const byClock = shownAt && (Date.now() - shownAt.getTime()) / 1000;
      if (byClock && byClock > 0 && byClock < CLOCKS_DIFFER) return byClock;
      const end = edge();
      return hls ? hls.latency || undefined : end && end - video.currentTime;
    },
    target,
    toEdge() {
      const end = edge();
      const to = hls ? hls.liveSyncPosition : end && end - NATIVE_TARGET;
      if (to) video.currentTime = to;
      play();
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
      clearInterval(watchdog);
      video.removeEventListener("playing", playing);
      video.removeEventListener("waiting", waiting);
      video.removeEventListener("ended", broken);
      video.removeEventListener("error", broken);
      video.removeEventListener("loadedmetadata", play);
      hls?.destroy();
      video.removeAttribute("src");
      video.load();
    },
  };
}
