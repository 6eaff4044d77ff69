import { Captions, CaptionsOff } from "lucide-react";
import { useMediaSelector } from "media-chrome/react/media-store";
import { texts } from "../../../lib/texts";
import { IconButton } from "./IconButton";
import { useMedia } from "./media";

/** Captions on and off, where there are some. */
export function CaptionsButton() {
  const media = useMedia();
  const count = useMediaSelector((state) => state.mediaSubtitlesList?.length) ?? 0;
  const isOn = (useMediaSelector((state) => state.mediaSubtitlesShowing?.length) ?? 0) > 0;
  if (!count) return null;
  return (
    <IconButton
      name={texts.player.captions}
      icon={isOn ? <Captions aria-hidden /> : <CaptionsOff aria-hidden />}
      keyName="c"
      aria-pressed={isOn}
      onClick={media.toggleCaptions}
    />
  );
}
