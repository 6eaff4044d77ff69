import { type RefObject, useEffect } from "react";
import type { VideoPlayerProps } from "../VideoPlayer";
import { remember } from "./resume";

/** Seconds of playing between two notes. */
const NOTE = 5;

/** Remembers where the video is, for the next visit. */
export function usePosition(
  video: RefObject<HTMLVideoElement | null>,
  { storageKey }: Pick<VideoPlayerProps, "storageKey">,
): void {
  useEffect(() => {
    const element = video.current;
    if (!element) return;
    let noted = 0;
    const note = () => {
      noted = element.currentTime;
      if (storageKey && element.duration) remember(storageKey, noted, element.duration);
    };
    const moved = () => {
      if (Math.abs(element.currentTime - noted) >= NOTE) note();
    };
    element.addEventListener("timeupdate", moved);
    element.addEventListener("pause", note);
    element.addEventListener("ended", note);
    window.addEventListener("pagehide", note);
    return () => {
      note();
      element.removeEventListener("timeupdate", moved);
      element.removeEventListener("pause", note);
      element.removeEventListener("ended", note);
      window.removeEventListener("pagehide", note);
    };
  }, [video, storageKey]);
}
