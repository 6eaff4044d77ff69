// What the parts of one player know of each other.
import { createContext, useContext } from "react";

export type Shell = {
  /** Whether the page gives the player its whole width; undefined where it cannot. */
  isTheatre: boolean | undefined;
  toggleTheatre: () => void;
  /** Says over the picture what a key has done. */
  say: (words: string) => void;
  /** Something is open that must not hide. */
  hold: (isHeld: boolean) => void;
  showKeys: () => void;
};

const nothing = () => undefined;

export const ShellContext = createContext<Shell>({
  isTheatre: undefined,
  toggleTheatre: nothing,
  say: nothing,
  hold: nothing,
  showKeys: nothing,
});

export const useShell = () => useContext(ShellContext);
