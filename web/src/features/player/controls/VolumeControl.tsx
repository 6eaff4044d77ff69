import { Volume1, Volume2, VolumeX } from "lucide-react";
import { AvailabilityStates, useMediaSelector } from "media-chrome/react/media-store";
import { texts } from "../../../lib/texts";
import { IconButton } from "./IconButton";
import { useMedia } from "./media";

const words = texts.player;

/** Sound on and off, and how loud where that is the page's to say: telephones have buttons for it. */
export function VolumeControl() {
  const media = useMedia();
  const level = useMediaSelector((state) => state.mediaVolumeLevel) ?? "high";
  const volume = useMediaSelector((state) => state.mediaVolume) ?? 1;
  const isFixed =
    useMediaSelector((state) => state.mediaVolumeUnavailable) === AvailabilityStates.UNSUPPORTED;
  const Icon = level === "off" ? VolumeX : level === "high" ? Volume2 : Volume1;
  const percent = level === "off" ? 0 : Math.round(volume * 100);
  return (
    <div className="flex items-center">
      <IconButton
        name={level === "off" ? words.unmute : words.mute}
        icon={<Icon aria-hidden />}
        keyName="m"
        onClick={media.toggleMute}
      />
      {!isFixed && (
        <input
          type="range"
          aria-label={words.volume}
          aria-valuetext={words.percent(percent)}
          min={0}
          max={100}
          step={5}
          value={percent}
          onChange={(event) => media.setVolume(Number(event.currentTarget.value) / 100)}
          className="pointer-coarse:hidden h-1 w-18 cursor-pointer accent-white max-sm:hidden"
        />
      )}
    </div>
  );
}
