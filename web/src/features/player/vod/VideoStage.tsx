import { Play, RotateCcw } from "lucide-react";
import { useMediaSelector } from "media-chrome/react/media-store";
import { useImperativeHandle, useRef } from "react";
import { texts } from "../../../lib/texts";
import { BigButton } from "../controls/BigButton";
import { languageName } from "../controls/languages";
import { useMedia, useMediaElement } from "../controls/media";
import { Spinner } from "../controls/Spinner";
import { Stage } from "../controls/Stage";
import { VideoBar } from "../controls/VideoBar";
import type { VideoPlayerProps } from "../VideoPlayer";
import { TroubleBoard } from "./TroubleBoard";
import { usePosition } from "./usePosition";
import { useVod } from "./useVod";

const words = texts.player;

/** The picture of a finished video with all that belongs to it. */
export function VideoStage(props: VideoPlayerProps) {
  const { title, poster, thumbnails, captions = [], fit = "page", head, controlRef, isMuted = false } = props;
  const video = useRef<HTMLVideoElement>(null);
  const { trouble, quality, vod } = useVod(video, props);
  usePosition(video, props);
  const media = useMedia();
  const isPaused = useMediaSelector((state) => state.mediaPaused) ?? true;
  const isLoading = useMediaSelector((state) => state.mediaLoading) ?? false;
  const hasEnded = useMediaSelector((state) => state.mediaEnded) ?? false;
  useMediaElement(video);
  useImperativeHandle(controlRef, () => ({
    currentTime: () => video.current?.currentTime ?? 0,
    hasEnded: () => video.current?.ended ?? false,
  }));

  const moves = {
    hasSpeeds: true,
    seekBy(seconds: number) {
      // The store hears of a jump late: the next key counts from where the last one led.
      const at = video.current?.currentTime ?? 0;
      media.seek(Math.min(Math.max(at + seconds, 0), media.state().mediaDuration ?? 0));
    },
    seekTo: (part: number) => media.seek((media.state().mediaDuration || 0) * part),
  };
  const [name, icon] = hasEnded
    ? [words.replay, <RotateCcw key="icon" aria-hidden />]
    : [words.play, <Play key="icon" aria-hidden fill="currentColor" />];
  return (
    <Stage
      title={title}
      fit={fit}
      moves={moves}
      head={head}
      over={
        trouble ? (
          <TroubleBoard trouble={trouble} onRetry={() => vod()?.retry()} />
        ) : isPaused ? (
          <BigButton name={name} icon={icon} onPress={media.togglePlay} />
        ) : (
          isLoading && <Spinner words={words.loading} />
        )
      }
      bar={<VideoBar quality={quality} onQuality={(level) => vod()?.choose(level)} pictures={thumbnails} />}
    >
      <video
        ref={video}
        poster={poster ?? undefined}
        playsInline
        muted={isMuted}
        crossOrigin="anonymous"
        aria-label={title}
        className="size-full [&::-webkit-media-text-track-container]:-translate-y-20 group-data-resting/stage:[&::-webkit-media-text-track-container]:translate-y-0"
      >
        {captions.map(({ lang, url }) => (
          <track key={lang} kind="captions" srcLang={lang} label={languageName(lang)} src={url} />
        ))}
      </video>
    </Stage>
  );
}
