import { type RefObject, useCallback, useEffect, useRef, useState } from "react";
import type { Quality } from "../quality";
import type { VideoPlayerProps } from "../VideoPlayer";
import { playVod, type Trouble, type Vod } from "./engine";
import { resumeAt } from "./resume";

type Props = Pick<VideoPlayerProps, "src" | "startAt" | "storageKey" | "autoPlay">;

/** Plays `src` in `video`, and tells how that goes. */
export function useVod(video: RefObject<HTMLVideoElement | null>, props: Props) {
  const { src, startAt, storageKey, autoPlay = true } = props;
  const vod = useRef<Vod>(undefined);
  const [trouble, setTrouble] = useState<Trouble>();
  const [quality, setQuality] = useState<Quality>();

  // biome-ignore lint/correctness/useExhaustiveDependencies: it begins once; where to is asked for by the controls
  useEffect(() => {
    const element = video.current;
    if (!element) return;
    vod.current = playVod({
      video: element,
      src,
      startAt: startAt ?? (storageKey ? resumeAt(storageKey) : undefined) ?? 0,
      tellTrouble: setTrouble,
      tellQuality: setQuality,
    });
    // Where the browser does not let it, the viewer presses play.
    if (autoPlay) element.play().catch(() => undefined);
    return () => vod.current?.stop();
  }, [video, src]);

  return { trouble, quality, vod: useCallback(() => vod.current, []) };
}
