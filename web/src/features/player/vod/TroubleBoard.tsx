import { texts } from "../../../lib/texts";
import { Button } from "../../../ui/Button";
import type { Trouble } from "./engine";

const WORDS: Record<Trouble, string> = { network: texts.player.failed, media: texts.player.undecodable };

/** Why the video does not play, and another try. */
export function TroubleBoard({ trouble, onRetry }: { trouble: Trouble; onRetry: () => void }) {
  return (
    <div
      role="alert"
      className="absolute inset-0 z-10 flex flex-col items-center justify-center gap-3 bg-black/85 p-6 text-center"
    >
      <p>{WORDS[trouble]}</p>
      <Button onClick={onRetry}>{texts.common.retry}</Button>
    </div>
  );
}
