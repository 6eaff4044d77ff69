import { MediaProvider } from "media-chrome/react/media-store";
import { type ReactNode, useState } from "react";
import { newStore } from "./media";

/** What the parts of one player share: the state of its picture. */
export function PlayerFrame({ children }: { children: ReactNode }) {
  const [store] = useState(newStore);
  return <MediaProvider mediaStore={store}>{children}</MediaProvider>;
}
