import { Maximize, Minimize } from "lucide-react";
import { AvailabilityStates, useMediaSelector } from "media-chrome/react/media-store";
import { texts } from "../../../lib/texts";
import { IconButton } from "./IconButton";
import { useMedia } from "./media";

/** The whole screen for the picture. */
export function FullscreenButton() {
  const media = useMedia();
  const isOn = useMediaSelector((state) => state.mediaIsFullscreen) ?? false;
  const unavailable = useMediaSelector((state) => state.mediaFullscreenUnavailable);
  if (unavailable === AvailabilityStates.UNSUPPORTED) return null;
  return (
    <IconButton
      name={isOn ? texts.player.leaveFullscreen : texts.player.fullscreen}
      icon={isOn ? <Minimize aria-hidden /> : <Maximize aria-hidden />}
      keyName="f"
      onClick={media.toggleFullscreen}
    />
  );
}
