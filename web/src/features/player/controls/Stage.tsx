import { useMediaSelector } from "media-chrome/react/media-store";
import { lazy, type MouseEvent, type ReactNode, Suspense, useEffect, useMemo, useRef, useState } from "react";
import { texts } from "../../../lib/texts";
import { useFullscreenElement, useMedia } from "./media";
import { type Shell, ShellContext } from "./shell";
import { type Moves, useKeys } from "./useKeys";
import { useResting } from "./useResting";

const KeysDialog = lazy(() => import("./KeysDialog"));

/** How the picture lies in its page. */
export type Fit = "page" | "frame";

type Props = {
  title: string;
  fit: Fit;
  moves: Moves;
  /** The picture. */
  children: ReactNode;
  /** What lies over it: words, a button to begin. */
  over?: ReactNode;
  /** Lies over its top while the controls are shown. */
  head?: ReactNode;
  bar: ReactNode;
};

/** Milliseconds that the words about a key are shown. */
const SAID = 1_200;

const FITS: Record<Fit, string> = {
  page: "aspect-video max-h-[calc(100dvh-9rem)] data-theatre:lg:aspect-auto data-theatre:lg:h-[min(56.25vw,calc(100dvh-7rem))] data-theatre:lg:max-h-none",
  frame: "h-full",
};

/** Darkens the picture behind controls; a click goes through to the picture. */
const VEIL =
  "pointer-events-none absolute inset-x-0 from-black/85 to-transparent transition-opacity group-data-resting/stage:opacity-0";
/** Controls take no clicks while they are hidden. */
const AWAKE = "pointer-events-auto group-data-resting/stage:pointer-events-none";

/** A player: the picture, controls that hide while nobody needs them, and the keyboard. */
export function Stage({ title, fit, moves, children, over, head, bar }: Props) {
  const stage = useRef<HTMLDivElement>(null);
  const media = useMedia();
  const isPaused = useMediaSelector((state) => state.mediaPaused) ?? true;
  const isFullscreen = useMediaSelector((state) => state.mediaIsFullscreen) ?? false;
  const [isTheatre, setIsTheatre] = useState(false);
  const [isHeld, setIsHeld] = useState(false);
  const [hasKeys, setHasKeys] = useState(false);
  const [said, setSaid] = useState<{ words: string }>();
  const { isResting, wake, rest } = useResting(stage, isPaused || isHeld);
  useFullscreenElement(stage);

  const shell = useMemo<Shell>(
    () => ({
      isTheatre: fit === "page" ? isTheatre : undefined,
      toggleTheatre: () => setIsTheatre((is) => fit === "page" && !is),
      say: (words) => setSaid({ words }),
      hold: setIsHeld,
      showKeys: () => setHasKeys(true),
    }),
    [isTheatre, fit],
  );
  useKeys(stage, moves, shell);

  useEffect(() => {
    const timer = said && setTimeout(setSaid, SAID, undefined);
    return () => clearTimeout(timer);
  }, [said]);

  /** A click of the mouse plays and pauses; a finger asks for the controls, or has them go. */
  function click(event: MouseEvent) {
    const isTouch = (event.nativeEvent as PointerEvent).pointerType === "touch";
    if (!isTouch) media.togglePlay();
    else if (isResting) wake();
    else if (!isPaused) rest();
  }

  return (
    <ShellContext value={shell}>
      <section
        ref={stage}
        aria-label={texts.player.playerOf(title)}
        data-theatre={isTheatre || undefined}
        data-resting={isResting || undefined}
        className={`group/stage scheme-dark relative w-full select-none overflow-hidden bg-black text-white data-resting:cursor-none [&:fullscreen]:h-full [&:fullscreen]:max-h-none [&_:focus-visible]:outline-white ${FITS[fit]}`}
        onPointerMove={(event) => event.pointerType !== "touch" && wake()}
        onKeyDown={wake}
        onFocus={wake}
        onBlur={wake}
      >
        {/* biome-ignore lint/a11y/noStaticElementInteractions: the buttons below do the same */}
        {/* biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard has keys of its own */}
        <div
          className="absolute inset-0"
          onClick={click}
          onDoubleClick={(event) =>
            (event.nativeEvent as PointerEvent).pointerType !== "touch" && media.toggleFullscreen()
          }
        >
          {children}
        </div>
        {over}
        {head && (
          <div className={`${VEIL} top-0 bg-linear-to-b px-4 pt-3 pr-36 pb-10`}>
            <div className={AWAKE}>{head}</div>
          </div>
        )}
        <p
          role="status"
          className="pointer-events-none absolute top-[15%] left-1/2 -translate-x-1/2 rounded-lg bg-black/75 px-4 py-2 font-semibold empty:hidden"
        >
          {said?.words}
        </p>
        <div data-bar className={`${VEIL} bottom-0 bg-linear-to-t px-2 pt-10 pb-1 md:px-3`}>
          <div className={`relative ${AWAKE}`}>{bar}</div>
        </div>
        {hasKeys && (
          <Suspense>
            <KeysDialog hasSpeeds={moves.hasSpeeds} onClose={() => setHasKeys(false)} />
          </Suspense>
        )}
      </section>
      <span role="status" className="sr-only">
        {isFullscreen && texts.player.isFullscreen}
      </span>
    </ShellContext>
  );
}
