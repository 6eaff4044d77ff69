// What controls ask of the picture, in the words of media-chrome's store: it knows each browser's own ways.
import { createMediaStore, type MediaStore } from "media-chrome/dist/media-store/media-store.js";
import { MediaActionTypes, useMediaStore } from "media-chrome/react/media-store";
import { type RefObject, useEffect, useMemo } from "react";

/** A store that leaves it to the live player where the edge is. */
export function newStore(): MediaStore {
  return createMediaStore({ documentElement: document, options: { noAutoSeekToLive: true } });
}

/** Speeds to choose from. */
export const SPEEDS = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];

/** Has the store of this player watch `video`. */
export function useMediaElement(video: RefObject<HTMLVideoElement | null>): void {
  const store = useMediaStore();
  useEffect(() => {
    const type = MediaActionTypes.MEDIA_ELEMENT_CHANGE_REQUEST;
    store?.dispatch({ type, detail: video.current ?? undefined });
    return () => store?.dispatch({ type, detail: undefined });
  }, [store, video]);
}

/** Has the store make `stage` as large as the screen when asked. */
export function useFullscreenElement(stage: RefObject<HTMLElement | null>): void {
  const store = useMediaStore();
  useEffect(() => {
    const type = MediaActionTypes.FULLSCREEN_ELEMENT_CHANGE_REQUEST;
    store?.dispatch({ type, detail: stage.current ?? undefined });
    return () => store?.dispatch({ type, detail: undefined });
  }, [store, stage]);
}

/** What a button or a key may do. */
export type Media = ReturnType<typeof mediaOf>;

export function useMedia(): Media {
  const store = useMediaStore();
  return useMemo(() => mediaOf(store), [store]);
}

function mediaOf(store: MediaStore | null) {
  const state = () => store?.getState() ?? {};
  const ask = (type: string, detail?: unknown) => store?.dispatch({ type, detail });
  const media = {
    state,
    togglePlay: () =>
      ask(state().mediaPaused ? MediaActionTypes.MEDIA_PLAY_REQUEST : MediaActionTypes.MEDIA_PAUSE_REQUEST),
    /** Whether it is silent afterwards. */
    toggleMute(): boolean {
      const isSilent = state().mediaVolumeLevel === "off";
      ask(isSilent ? MediaActionTypes.MEDIA_UNMUTE_REQUEST : MediaActionTypes.MEDIA_MUTE_REQUEST);
      return !isSilent;
    },
    /** 0 to 1. */
    setVolume: (volume: number) =>
      ask(MediaActionTypes.MEDIA_VOLUME_REQUEST, Math.min(Math.max(volume, 0), 1)),
    seek: (seconds: number) => ask(MediaActionTypes.MEDIA_SEEK_REQUEST, seconds),
    setSpeed: (speed: number) => ask(MediaActionTypes.MEDIA_PLAYBACK_RATE_REQUEST, speed),
    toggleCaptions: () => ask(MediaActionTypes.MEDIA_TOGGLE_SUBTITLES_REQUEST),
    /** In the language `lang`; without one, none. */
    showCaptions(lang?: string) {
      const track = state().mediaSubtitlesList?.find(({ language }) => language === lang);
      ask(MediaActionTypes.MEDIA_DISABLE_SUBTITLES_REQUEST, state().mediaSubtitlesList);
      if (track) ask(MediaActionTypes.MEDIA_SHOW_SUBTITLES_REQUEST, [track]);
    },
    togglePip: () =>
      ask(
        state().mediaIsPip
          ? MediaActionTypes.MEDIA_EXIT_PIP_REQUEST
          : MediaActionTypes.MEDIA_ENTER_PIP_REQUEST,
      ),
    toggleFullscreen: () =>
      ask(
        state().mediaIsFullscreen
          ? MediaActionTypes.MEDIA_EXIT_FULLSCREEN_REQUEST
          : MediaActionTypes.MEDIA_ENTER_FULLSCREEN_REQUEST,
      ),
  };
  return media;
}
