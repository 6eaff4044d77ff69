import { texts } from "../../../lib/texts";

/** Says that one sees what happens now; or leads there. */
export function LiveBadge({ isAtEdge, onEdge }: { isAtEdge: boolean; onEdge: () => void }) {
  const shape =
    "mx-1 flex items-center gap-1.5 rounded-md px-2 py-0.5 font-semibold text-sm whitespace-nowrap";
  if (isAtEdge) {
    return (
      <span className={`${shape} bg-live`} title={texts.player.atEdge}>
        <Dot className="bg-white" /> {texts.player.live}
      </span>
    );
  }
  return (
    <button type="button" className={`${shape} bg-white/20 hover:bg-white/35`} onClick={onEdge}>
      <Dot className="bg-white/50" /> {texts.player.goToLive}
    </button>
  );
}

function Dot({ className }: { className: string }) {
  return <span aria-hidden className={`size-2 rounded-full ${className}`} />;
}
