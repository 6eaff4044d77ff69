import type { Stream } from "../../api/client";
import { OnAir } from "./live/OnAir";
import { Over } from "./live/Over";
import { Waiting } from "./live/Waiting";

type Props = { stream: Stream };

/** A stream's place: what is said before it, the picture, what comes after it. */
export default function LivePlayer({ stream }: Props) {
  if (stream.status === "ENDED") return <Over stream={stream} />;
  // An encoder that is gone may come back: the player stays.
  if (stream.state === "RUNNING") return <OnAir stream={stream} />;
  return <Waiting stream={stream} />;
}
