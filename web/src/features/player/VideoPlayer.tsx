import Hls from "hls.js/light";
import { type Ref, useEffect, useImperativeHandle, useRef, useState } from "react";
import { texts } from "../../lib/texts";

/** What a page may do to the player. */
export type Control = { seek: (seconds: number) => void; currentTime: () => number };

export type VideoPlayerProps = {
  /** The multivariant playlist. */
  src: string;
  title: string;
  poster?: string | null | undefined;
  /** Seconds to begin at; wins over what is remembered. */
  startAt?: number | undefined;
  /** Remembers under this name how far somebody has come. */
  storageKey?: string | undefined;
  thumbnails?: { url: string; atMs: number }[] | undefined;
  captions?: { lang: string; url: string }[] | undefined;
  /** Told some times a second while it plays, and after each jump. */
  onTime?: ((seconds: number) => void) | undefined;
  controlRef?: Ref<Control> | undefined;
};

/** Plays a video: HLS with hls.js where there is MediaSource, natively elsewhere. */
export default function VideoPlayer({ src, title, poster, startAt, onTime, controlRef }: VideoPlayerProps) {
  const video = useRef<HTMLVideoElement>(null);
  const [error, setError] = useState<string>();
  useImperativeHandle(controlRef, () => ({
    seek(seconds) {
      if (video.current) video.current.currentTime = seconds;
    },
    currentTime: () => video.current?.currentTime ?? 0,
  }));

  useEffect(() => {
    const element = video.current;
    if (!element) return;
    setError(undefined);
    if (!Hls.isSupported()) {
      element.src = src;
      return;
    }
    const hls = new Hls({ startPosition: startAt ?? -1 });
    hls.on(Hls.Events.ERROR, (_, data) => {
      if (!data.fatal) return;
      if (data.type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
      else setError(texts.player.failed);
    });
    hls.loadSource(src);
    hls.attachMedia(element);
    return () => hls.destroy();
  }, [src, startAt]);

  return (
    <div className="relative aspect-video w-full bg-black">
      {/* biome-ignore lint/a11y/useMediaCaption: captions are added when there are some */}
      <video
        ref={video}
        poster={poster ?? undefined}
        controls
        playsInline
        aria-label={title}
        className="size-full"
        onTimeUpdate={(event) => onTime?.(event.currentTarget.currentTime)}
      />
      {error && (
        <p role="alert" className="absolute inset-x-0 top-0 bg-black/80 p-3 text-white">
          {error}
        </p>
      )}
    </div>
  );
}
