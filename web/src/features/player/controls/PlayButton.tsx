import { Pause, Play, RotateCcw } from "lucide-react";
import { useMediaSelector } from "media-chrome/react/media-store";
import { texts } from "../../../lib/texts";
import { IconButton } from "./IconButton";
import { useMedia } from "./media";

const words = texts.player;

/** Plays, pauses, and plays again what is over. */
export function PlayButton() {
  const media = useMedia();
  const isPaused = useMediaSelector((state) => state.mediaPaused) ?? true;
  const hasEnded = useMediaSelector((state) => state.mediaEnded) ?? false;
  const [name, icon] = hasEnded
    ? [words.replay, <RotateCcw key="icon" aria-hidden />]
    : isPaused
      ? [words.play, <Play key="icon" aria-hidden fill="currentColor" />]
      : [words.pause, <Pause key="icon" aria-hidden fill="currentColor" />];
  return <IconButton name={name} icon={icon} keyName="k" onClick={media.togglePlay} />;
}
