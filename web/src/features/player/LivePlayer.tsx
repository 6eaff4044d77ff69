import { type ReactNode, useState } from "react";
import type { Stream } from "../../api/client";
import { PlayerFrame } from "./controls/PlayerFrame";
import type { Fit } from "./controls/Stage";
import { Asking } from "./live/Asking";
import { OnAir } from "./live/OnAir";
import { Over } from "./live/Over";
import { Waiting } from "./live/Waiting";

export type LivePlayerProps = {
  stream: Stream;
  fit?: Fit;
  /** Lies over the picture's top while the controls are shown. */
  head?: ReactNode;
  /** Begins by itself; else when the viewer asks for it. */
  autoPlay?: boolean;
  isMuted?: boolean;
};

/** A stream's place: what is said before it, the picture, what comes after it. */
export default function LivePlayer({ stream, fit = "page", autoPlay = true, ...rest }: LivePlayerProps) {
  const [isAsked, setIsAsked] = useState(autoPlay);
  if (stream.status === "ENDED") return <Over stream={stream} fit={fit} />;
  if (stream.state !== "RUNNING") return <Waiting stream={stream} fit={fit} />;
  if (!isAsked) return <Asking fit={fit} stream={stream} onPlay={() => setIsAsked(true)} />;
  // An encoder that is gone may come back: the player stays.
  return (
    <PlayerFrame>
      <OnAir stream={stream} fit={fit} {...rest} />
    </PlayerFrame>
  );
}
