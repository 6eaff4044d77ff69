import { PictureInPicture2 } from "lucide-react";
import { useMediaSelector } from "media-chrome/react/media-store";
import { texts } from "../../../lib/texts";
import { IconButton } from "./IconButton";
import { useMedia } from "./media";

/** The picture in a small window of its own, where the browser has such. */
export function PipButton() {
  const media = useMedia();
  const isAway = useMediaSelector((state) => state.mediaPipUnavailable) !== undefined;
  const isOn = useMediaSelector((state) => state.mediaIsPip) ?? false;
  if (isAway) return null;
  return (
    <IconButton
      name={texts.player.pip}
      icon={<PictureInPicture2 aria-hidden />}
      aria-pressed={isOn}
      onClick={media.togglePip}
      className="max-sm:hidden"
    />
  );
}
