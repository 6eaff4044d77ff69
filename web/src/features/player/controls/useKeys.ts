import { type RefObject, useEffect, useRef } from "react";
import { texts } from "../../../lib/texts";
import { type Command, commandOf } from "./keys";
import { type Media, SPEEDS, useMedia } from "./media";
import type { Shell } from "./shell";

const words = texts.player;

/** How this player moves in time; speeds are for what is finished only. */
export type Moves = { seekBy: (seconds: number) => void; seekTo: (part: number) => void; hasSpeeds: boolean };

/** Listens to the keyboard for the player at `stage`, wherever the focus is. */
export function useKeys(stage: RefObject<HTMLElement | null>, moves: Moves, shell: Shell): void {
  const media = useMedia();
  const latest = useRef({ moves, shell });
  latest.current = { moves, shell };
  useEffect(() => {
    function press(event: KeyboardEvent) {
      if (!stage.current || event.defaultPrevented) return;
      const command = commandOf(event, stage.current);
      if (!command) return;
      event.preventDefault();
      obey(command, media, latest.current.moves, latest.current.shell);
    }
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [stage, media]);
}

function obey(command: Command, media: Media, moves: Moves, shell: Shell): void {
  const { mediaVolume = 1, mediaPlaybackRate = 1 } = media.state();
  switch (command.name) {
    case "play":
      media.togglePlay();
      break;
    case "mute":
      shell.say(media.toggleMute() ? words.muted : words.unmuted);
      break;
    case "fullscreen":
      media.toggleFullscreen();
      break;
    case "theatre":
      shell.toggleTheatre();
      break;
    case "captions":
      media.toggleCaptions();
      break;
    case "help":
      shell.showKeys();
      break;
    case "seekBy":
      shell.say(words.moved(command.seconds));
      moves.seekBy(command.seconds);
      break;
    case "seekTo":
      moves.seekTo(command.part);
      break;
    case "volumeBy": {
      const volume = Math.min(Math.max(mediaVolume + command.change, 0), 1);
      media.setVolume(volume);
      shell.say(words.volumeIs(Math.round(volume * 100)));
      break;
    }
    case "speedBy": {
      if (!moves.hasSpeeds) break;
      const step = SPEEDS.indexOf(mediaPlaybackRate) + command.steps;
      const speed = SPEEDS[Math.min(Math.max(step, 0), SPEEDS.length - 1)] ?? 1;
      media.setSpeed(speed);
      shell.say(words.speedIs(speed));
    }
  }
}
