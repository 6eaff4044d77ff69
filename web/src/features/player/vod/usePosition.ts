import { type RefObject, useEffect, useRef } from "react";
import type { VideoPlayerProps } from "../VideoPlayer";
import { remember } from "./resume";

/** Seconds of playing between two notes. */
const NOTE = 5;

/** Tells the page where the video is, and remembers it for the next visit. */
export function usePosition(
  video: RefObject<HTMLVideoElement | null>,
  { storageKey, onTime }: Pick<VideoPlayerProps, "storageKey" | "onTime">,
): void {
  const tell = useRef(onTime);
  tell.current = onTime;
  useEffect(() => {
    const element = video.current;
    if (!element) return;
    let noted = 0;
    const note = () => {
      noted = element.currentTime;
      if (storageKey && element.duration) remember(storageKey, noted, element.duration);
    };
    const moved = () => {
      tell.current?.(element.currentTime);
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
