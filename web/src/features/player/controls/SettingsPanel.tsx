import { Keyboard } from "lucide-react";
import { useMediaSelector } from "media-chrome/react/media-store";
import { useEffect, useRef } from "react";
import { texts } from "../../../lib/texts";
import type { Quality } from "../quality";
import { Choices } from "./Choices";
import { languageName } from "./languages";
import { SPEEDS, useMedia } from "./media";

const words = texts.player;

export type SettingsProps = {
  quality: Quality | undefined;
  onQuality: (level: number) => void;
  hasSpeeds: boolean;
};

/** Quality, speed, the language of the captions, and the way to what the keys do. */
export default function SettingsPanel({
  quality,
  onQuality,
  hasSpeeds,
  onKeys,
}: SettingsProps & { onKeys: () => void }) {
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => panel.current?.querySelector<HTMLElement>("input:checked, button")?.focus(), []);
  return (
    <div
      ref={panel}
      className="absolute right-2 bottom-full flex max-h-[min(24rem,60dvh)] max-w-[calc(100%-1rem)] flex-wrap gap-x-4 gap-y-3 overflow-auto rounded-xl bg-black/90 p-3"
    >
      {quality && quality.renditions.length > 0 && (
        <Choices
          title={words.quality}
          value={quality.chosen}
          onChoose={onQuality}
          options={[
            { value: -1, name: words.auto(quality.chosen === -1 ? quality.playing : undefined) },
            ...quality.renditions.map(({ level, name }) => ({ value: level, name })),
          ]}
        />
      )}
      {hasSpeeds && <Speeds />}
      <Languages />
      <button
        type="button"
        className="flex w-full items-center gap-2 rounded-lg px-2 py-1 hover:bg-white/15 pointer-coarse:hidden"
        onClick={onKeys}
      >
        <Keyboard aria-hidden className="size-5" /> {words.keys.title}
      </button>
    </div>
  );
}

function Speeds() {
  const media = useMedia();
  const speed = useMediaSelector((state) => state.mediaPlaybackRate) ?? 1;
  const options = SPEEDS.map((value) => ({ value, name: value === 1 ? words.normal : `${value} ×` }));
  return <Choices title={words.speed} value={speed} onChoose={media.setSpeed} options={options} />;
}

function Languages() {
  const media = useMedia();
  const list = useMediaSelector((state) => state.mediaSubtitlesList) ?? [];
  const showing = useMediaSelector((state) => state.mediaSubtitlesShowing)?.[0]?.language ?? "";
  if (!list.length) return null;
  const options = [
    { value: "", name: words.captionsOff },
    ...list.map(({ language }) => ({ value: language, name: languageName(language) })),
  ];
  return (
    <Choices
      title={words.captions}
      value={showing}
      options={options}
      onChoose={(lang) => media.showCaptions(lang || undefined)}
    />
  );
}
