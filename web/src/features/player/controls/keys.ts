// The keyboard map: which key does what.

/** What a key asks for. */
export type Command =
  | { name: "play" | "mute" | "fullscreen" | "theatre" | "captions" | "help" }
  | { name: "seekBy"; seconds: number }
  /** To a part of the whole, 0 to 1. */
  | { name: "seekTo"; part: number }
  | { name: "volumeBy"; change: number }
  | { name: "speedBy"; steps: number };

const KEYS: Record<string, Command> = {
  k: { name: "play" },
  " ": { name: "play" },
  j: { name: "seekBy", seconds: -10 },
  l: { name: "seekBy", seconds: 10 },
  ArrowLeft: { name: "seekBy", seconds: -5 },
  ArrowRight: { name: "seekBy", seconds: 5 },
  ArrowUp: { name: "volumeBy", change: 0.1 },
  ArrowDown: { name: "volumeBy", change: -0.1 },
  m: { name: "mute" },
  f: { name: "fullscreen" },
  t: { name: "theatre" },
  c: { name: "captions" },
  "<": { name: "speedBy", steps: -1 },
  ">": { name: "speedBy", steps: 1 },
  "?": { name: "help" },
};

/** Keys that scroll the page or work a widget elsewhere: the player takes them only where nobody else wants them. */
const SHARED = [" ", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];
/** The ones that scroll the page up and down, which people expect outside the player. */
const SCROLLING = ["ArrowUp", "ArrowDown"];
const TYPING =
  "dialog, input:not([type=range], [type=radio], [type=checkbox]), textarea, select, [contenteditable]";
const WIDGETS = "a, button, input, summary, [role=menu], [role=menuitem], [role=log], [role=slider]";

type Pressed = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "target">;

/** What `event` asks of the player `stage`, if anything: nothing while somebody types or works another widget. */
export function commandOf(event: Pressed, stage: Element): Command | undefined {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const at = target instanceof Element ? target : stage;
  if (at.closest(TYPING)) return undefined;
  if (SHARED.includes(key) && at !== stage && at.closest(WIDGETS)) return undefined;
  if (SCROLLING.includes(key) && !stage.contains(at)) return undefined;
  if (/^\d$/.test(key)) return { name: "seekTo", part: Number(key) / 10 };
  return KEYS[key.length === 1 ? key.toLowerCase() : key];
}
