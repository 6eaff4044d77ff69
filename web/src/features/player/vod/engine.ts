// Playback of a finished video: what it needs beside a <video>.
import Hls from "hls.js/light";
import { QUICK_START, type Quality, watchQuality } from "../quality";

/** Why it does not play. */
export type Trouble = "network" | "media";

export type Vod = {
  /** Begins anew where it was: after trouble. */
  retry: () => void;
  choose: (level: number) => void;
  stop: () => void;
};

type Watch = {
  video: HTMLVideoElement;
  src: string;
  /** Seconds. */
  startAt: number;
  tellTrouble: (trouble: Trouble | undefined) => void;
  tellQuality: (quality: Quality) => void;
};

/** A decoder that fails again within this time, in milliseconds, needs more than another try. */
const TWICE = 5_000;

export function playVod({ video, src, startAt, tellTrouble, tellQuality }: Watch): Vod {
  let hls: Hls | undefined;
  let choose: ((level: number) => void) | undefined;
  let from = startAt;
  let troubled = false;

  function failed(trouble: Trouble) {
    from = video.currentTime || from;
    troubled = true;
    tellTrouble(trouble);
  }

  function open() {
    troubled = false;
    tellTrouble(undefined);
    if (!Hls.isSupported()) {
      // The fragment is how a <video> is told where to begin.
      video.src = from ? `${src}#t=${from}` : src;
      return;
    }
    let recoveredAt = -TWICE;
    hls?.destroy();
    hls = new Hls({
      startPosition: from || -1,
      ...QUICK_START,
      capLevelToPlayerSize: true,
      backBufferLength: 60,
    });
    choose = watchQuality(hls, tellQuality);
    hls.on(Hls.Events.ERROR, (_, { fatal, type }) => {
      if (!fatal) return;
      const now = performance.now();
      if (type !== Hls.ErrorTypes.MEDIA_ERROR) failed("network");
      else if (now - recoveredAt < TWICE) failed("media");
      else {
        recoveredAt = now;
        hls?.recoverMediaError();
      }
    });
    hls.loadSource(src);
    hls.attachMedia(video);
  }

  function retry() {
    const goesOn = !video.paused;
    open();
    if (goesOn) video.play().catch(() => undefined);
  }

  const nativeError = () => failed(video.error?.code === MediaError.MEDIA_ERR_NETWORK ? "network" : "media");
  const online = () => troubled && retry();
  if (!Hls.isSupported()) video.addEventListener("error", nativeError);
  window.addEventListener("online", online);
  open();

  return {
    retry,
    choose: (level) => choose?.(level),
    stop() {
      window.removeEventListener("online", online);
      video.removeEventListener("error", nativeError);
      hls?.destroy();
      video.removeAttribute("src");
      video.load();
    },
  };
}
