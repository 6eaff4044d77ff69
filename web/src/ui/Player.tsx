import Hls from "hls.js/light";
import { useEffect, useRef, useState } from "react";

type Props = { src: string; poster?: string | undefined; title: string };

/** Plays HLS: with hls.js where there is MediaSource, natively elsewhere. */
export default function Player({ src, poster, title }: Props) {
  const video = useRef<HTMLVideoElement>(null);
  const [error, setError] = useState<string>();

  useEffect(() => {
    const element = video.current;
    if (!element) return;
    setError(undefined);
    if (!Hls.isSupported()) {
      element.src = src;
      return;
    }
    const hls = new Hls();
    hls.on(Hls.Events.ERROR, (_, data) => {
      if (!data.fatal) return;
      if (data.type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
      else setError("The video cannot be loaded. Check your connection and reload the page.");
    });
    hls.loadSource(src);
    hls.attachMedia(element);
    return () => hls.destroy();
  }, [src]);

  return (
    <div className="player">
      {/* biome-ignore lint/a11y/useMediaCaption: captions are not there yet */}
      <video ref={video} poster={poster} controls playsInline aria-label={title} />
      {error && (
        <p className="error" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}
