import { Play } from "lucide-react";
import type { Stream } from "../../../api/client";
import { texts } from "../../../lib/texts";
import { BigButton } from "../controls/BigButton";
import type { Fit } from "../controls/Stage";
import { Board } from "./Board";

/** A stream that is live, before the viewer asks for it. */
export function Asking({ stream, fit, onPlay }: { stream: Stream; fit: Fit; onPlay: () => void }) {
  return (
    <Board fit={fit} picture={stream.thumbnailUrl}>
      <p className="pb-36 font-semibold">{stream.title}</p>
      <BigButton name={texts.player.play} icon={<Play aria-hidden fill="currentColor" />} onPress={onPlay} />
    </Board>
  );
}
