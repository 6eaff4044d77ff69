import { Keyboard, Settings } from "lucide-react";
import { useMediaSelector } from "media-chrome/react/media-store";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { texts } from "../../../lib/texts";
import type { Quality } from "../quality";
import { Choices } from "./Choices";
import { IconButton } from "./IconButton";
import { languageName } from "./languages";
import { SPEEDS, useMedia } from "./media";
import { useShell } from "./shell";

const words = texts.player;

type Props = { quality: Quality | undefined; onQuality: (level: number) => void; hasSpeeds: boolean };

/** Quality, speed, the language of the captions, and what the keys do. */
export function SettingsMenu({ quality, onQuality, hasSpeeds }: Props) {
  const [isOpen, setIsOpen] = useState(false);
  const menu = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLDivElement>(null);
  const { hold, showKeys } = useShell();
  const id = useId();

  useEffect(() => hold(isOpen), [hold, isOpen]);
  useEffect(() => {
    if (!isOpen) return;
    menu.current?.querySelector<HTMLElement>("input:checked, button")?.focus();
    const beside = (event: Event) => {
      const at = event.target as Node;
      if (!menu.current?.contains(at) && !button.current?.contains(at)) setIsOpen(false);
    };
    document.addEventListener("pointerdown", beside);
    return () => document.removeEventListener("pointerdown", beside);
  }, [isOpen]);

  function close() {
    setIsOpen(false);
    button.current?.querySelector("button")?.focus();
  }

  function press(event: KeyboardEvent) {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
  }

  return (
    <div ref={button}>
      <IconButton
        name={words.settings}
        icon={<Settings aria-hidden />}
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setIsOpen(!isOpen)}
      />
      {isOpen && (
        // biome-ignore lint/a11y/noStaticElementInteractions: Escape closes what is open, wherever the focus is in it
        <div
          ref={menu}
          id={id}
          onKeyDown={press}
          className="absolute right-2 bottom-full flex max-h-[min(24rem,60dvh)] max-w-[calc(100%-1rem)] flex-wrap gap-x-4 gap-y-3 overflow-auto rounded-xl bg-black/90 p-3"
        >
          {quality && quality.renditions.length > 0 && (
            <Choices
              title={words.quality}
              value={quality.chosen}
              onChoose={onQuality}
              options={[
                {
                  value: -1,
                  name: words.auto(quality.chosen === -1 ? quality.playing : undefined),
                },
                ...quality.renditions.map(({ level, name }) => ({ value: level, name })),
              ]}
            />
          )}
          {hasSpeeds && <Speeds />}
          <Languages />
          <button
            type="button"
            className="flex w-full items-center gap-2 rounded-lg px-2 py-1 hover:bg-white/15 pointer-coarse:hidden"
            onClick={() => {
              close();
              showKeys();
            }}
          >
            <Keyboard aria-hidden className="size-5" /> {words.keys.title}
          </button>
        </div>
      )}
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
