import type { ReactNode, Ref } from "react";
import { PlayerFrame } from "./controls/PlayerFrame";
import type { Fit } from "./controls/Stage";
import type { Picture } from "./controls/thumbnails";
import { VideoStage } from "./vod/VideoStage";

/** What a page may ask the player. */
export type Control = {
  /** In seconds. */
  currentTime: () => number;
  hasEnded: () => boolean;
};

export type VideoPlayerProps = {
  /** The multivariant playlist. */
  src: string;
  title: string;
  poster?: string | null | undefined;
  /** Seconds to begin at; wins over what is remembered. */
  startAt?: number | undefined;
  /** Remembers under this name how far somebody has come. */
  storageKey?: string | undefined;
  /** Shown over the bar, the nearest to where the pointer is. */
  thumbnails?: readonly Picture[] | undefined;
  /** WebVTT files by BCP 47 tag. */
  captions?: readonly { lang: string; url: string }[] | undefined;
  controlRef?: Ref<Control> | undefined;
  fit?: Fit;
  /** Lies over the picture's top while the controls are shown. */
  head?: ReactNode;
  /** Begins by itself where the browser allows that. */
  autoPlay?: boolean;
  isMuted?: boolean;
};

/** Plays a video: HLS with hls.js where there is MediaSource, natively elsewhere. */
export default function VideoPlayer(props: VideoPlayerProps) {
  return (
    <PlayerFrame>
      <VideoStage {...props} />
    </PlayerFrame>
  );
}
