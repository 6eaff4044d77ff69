// Live playback: keeps a <video> at the edge of a stream, or as far behind it as the viewer likes, and comes back by
// itself whatever breaks.
import Hls from "hls.js/light";
import { dateAt, positionOf } from "./clock";
import { edgeDateOf, hlsOf, type Recording, type Source, TARGET_WITHOUT_HLS } from "./liveSource";
import { playOrMute } from "./playOrMute";
import { type Quality, watchQuality } from "./quality";
import { Refused } from "./refused";
import { watchStandstill } from "./standstill";

/** What a viewer is told. `refused` ends by itself when `address` lets them in. */
export type Phase = { name: "loading" | "playing" | "reconnecting" } | { name: "refused"; words: string };

/** Where the viewer is. Dates are Unix milliseconds by the server's clock. */
export type Look = {
  /** When what is shown was on air, and when the newest was that can be had. */
  at: number | undefined;
  edge: number | undefined;
  /** Seconds between the server that takes the stream and the screen, as well as they can be told. */
  latency: number | undefined;
  isAtEdge: boolean;
};

export type Live = {
  look: () => Look;
  /** Goes to what was on air at `date`: to the edge where that is near, else into the recording, where there is one. */
  seek: (date: number) => void;
  toEdge: () => void;
  choose: (level: number) => void;
  stop: () => void;
};

type Watch = {
  video: HTMLVideoElement;
  /** Where the multivariant playlist is: asked for anew each time, since tokens expire. Throws `Refused`. */
  address: () => Promise<string>;
  /** Another one each time the encoder comes back. */
  recording: () => Recording | undefined;
  isLowLatency: boolean;
  tell: (phase: Phase) => void;
  tellQuality: (quality: Quality) => void;
};

/** Milliseconds before the first new try, and before any later one at most. */
const [FIRST_PAUSE, LONGEST_PAUSE] = [500, 8_000];
/** A decoder that fails again within this time, in milliseconds, needs more than another try. */
const TWICE = 5_000;
/** A clock that differs by more seconds says nothing about latency. */
const CLOCKS_DIFFER = 60;
/** Seconds more than it should be before the viewer counts as behind. */
const BEHIND = 4;
/** Milliseconds behind the edge before which nothing is in the recording for sure. */
const RECORDED = 8_000;

export function watchLive({ video, address, recording, isLowLatency, tell, tellQuality }: Watch): Live {
  let isStopped = false;
  let failures = 0;
  /** From loading until it plays. */
  let isBeginning = true;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let source: Source = { from: "edge" };
  let hls: Hls | undefined;
  let chooseLevel: ((level: number) => void) | undefined;
  /** A viewer who has paused and jumps wants a picture that stands. */
  let mayPlay = true;
  /** How far the newest picture is ahead of this machine's clock, in milliseconds. */
  let lead: number | undefined;
  let pausedAt: number | undefined;
  /** Seconds the edge is kept behind the newest. */
  let target = TARGET_WITHOUT_HLS;

  const edgeDate = () => (lead === undefined ? undefined : Date.now() + lead);
  /** Seconds behind the newest within which one is at the edge. */
  function near(): number {
    if (source.from === "edge") target = hls?.targetLatency ?? target;
    return target + BEHIND;
  }

  async function load() {
    timer = undefined;
    isBeginning = true;
    try {
      const url = source.from === "recording" ? source.url : await address();
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
    // A recording ends with the encoder's connection.
    if (source.from === "recording") open({ from: "edge" });
    again();
  }

  function play() {
    if (mayPlay) playOrMute(video);
  }

  /** Gets ready to play from `next`. */
  function open(next: Source) {
    source = next;
    if (!Hls.isSupported()) return;
    hls?.destroy();
    const made = hlsOf(next, isLowLatency);
    hls = made;
    chooseLevel = watchQuality(made, tellQuality);
    let recoveredAt = -TWICE;
    made.on(Hls.Events.MANIFEST_PARSED, play);
    made.on(Hls.Events.LEVEL_UPDATED, (_, { details }) => {
      const date = next.from === "edge" ? edgeDateOf(details) : undefined;
      if (date !== undefined) lead = date - Date.now();
    });
    if (next.from === "recording") {
      // Where it begins was a guess until its playlist came.
      made.once(Hls.Events.FRAG_BUFFERED, () => {
        const position = positionOf(made.latestLevelDetails?.fragments ?? [], next.at) ?? 0;
        if (Math.abs(position - video.currentTime) > 1) video.currentTime = position;
      });
    }
    made.on(Hls.Events.ERROR, (_, { fatal, type }) => {
      if (!fatal) return;
      const now = performance.now();
      if (type === Hls.ErrorTypes.MEDIA_ERROR && now - recoveredAt > TWICE) {
        recoveredAt = now;
        made.recoverMediaError();
        play();
      } else {
        broken();
      }
    });
    made.attachMedia(video);
  }

  function change(next: Source) {
    mayPlay = !video.paused || isBeginning;
    clearTimeout(timer);
    tell({ name: "loading" });
    open(next);
    load();
  }

  function shownDate(): number | undefined {
    const details = hls?.latestLevelDetails;
    if (source.from === "recording")
      return details ? dateAt(details.fragments, video.currentTime) : source.at;
    return hls?.playingDate?.getTime();
  }

  const playing = () => {
    failures = 0;
    isBeginning = false;
    tell({ name: "playing" });
  };
  const waiting = () => tell({ name: "reconnecting" });
  const pause = () => {
    pausedAt = shownDate();
  };
  /** Who paused goes on where they were, where that can still be had. */
  const goOn = () => {
    const [from, edge] = [pausedAt, edgeDate()];
    pausedAt = undefined;
    if (isBeginning || source.from === "recording" || !from || !edge) return;
    const recorded = recording();
    if (edge - from > RECORDED && recorded) change({ from: "recording", at: from, ...recorded });
  };
  const listeners = { playing, waiting, pause, play: goOn, ended: broken };
  for (const [name, listener] of Object.entries(listeners)) video.addEventListener(name, listener);
  if (!Hls.isSupported()) {
    video.addEventListener("error", broken);
    video.addEventListener("loadedmetadata", play);
  }
  open(source);
  tell({ name: "loading" });
  load();
  // Whoever pauses wants it to stand still; a new try is under way already.
  const mayStand = () => (video.paused && (!isBeginning || !mayPlay)) || timer !== undefined;
  const unwatch = watchStandstill(video, mayStand, broken);
  const seekableEnd = () => {
    const { seekable } = video;
    return seekable.length ? seekable.end(seekable.length - 1) : undefined;
  };

  function latencyOf(at: number | undefined): number | undefined {
    const edge = edgeDate();
    if (source.from === "recording") return at && edge && (edge - at) / 1000;
    const byClock = at && (Date.now() - at) / 1000;
    if (byClock && byClock > 0 && byClock < CLOCKS_DIFFER) return byClock;
    const end = seekableEnd();
    return hls ? hls.latency || undefined : end && end - video.currentTime;
  }

  function toEdge() {
    mayPlay = true;
    if (source.from === "recording") return change({ from: "edge" });
    const end = seekableEnd();
    const to = hls ? hls.liveSyncPosition : end && end - TARGET_WITHOUT_HLS;
    pausedAt = undefined;
    if (to) video.currentTime = to;
    play();
  }

  return {
    look() {
      const at = video.paused && pausedAt ? pausedAt : shownDate();
      const latency = latencyOf(at);
      const isAtEdge = source.from === "edge" && !video.paused && (latency ?? 0) <= near();
      return { at, edge: edgeDate(), latency, isAtEdge };
    },
    seek(date) {
      const edge = edgeDate();
      const recorded = recording();
      if (!edge || !recorded || edge - date < near() * 1000) return toEdge();
      const at = Math.min(date, edge - RECORDED);
      const details = source.from === "recording" ? hls?.latestLevelDetails : undefined;
      const position = details ? positionOf(details.fragments, at) : undefined;
      if (position === undefined) change({ from: "recording", at, ...recorded });
      else video.currentTime = position;
    },
    toEdge,
    choose: (level) => chooseLevel?.(level),
    stop() {
      isStopped = true;
      clearTimeout(timer);
      unwatch();
      for (const [name, listener] of Object.entries(listeners)) video.removeEventListener(name, listener);
      video.removeEventListener("error", broken);
      video.removeEventListener("loadedmetadata", play);
      hls?.destroy();
      video.removeAttribute("src");
      video.load();
    },
  };
}
