import { type ReactNode, useEffect, useRef, useState } from "react";
import { broadcast as words } from "../../../lib/texts/broadcast";

/** A player in a fold. It is there only while the fold is open, and begins without sound: the microphone would hear it. */
export function Preview({ children }: { children: ReactNode }) {
  const [isOpen, setIsOpen] = useState(false);
  const frame = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const at = frame.current;
    if (!isOpen || !at) return;
    function mute({ target }: Event) {
      if (target instanceof HTMLMediaElement) target.muted = true;
    }
    // Media events do not bubble. Only the first time: who turns the sound on wants it.
    at.addEventListener("play", mute, { capture: true, once: true });
    return () => at.removeEventListener("play", mute, { capture: true });
  }, [isOpen]);

  return (
    <details
      className="overflow-hidden rounded-xl border border-line bg-card"
      onToggle={(event) => setIsOpen(event.currentTarget.open)}
    >
      <summary className="px-5 py-3 font-semibold">{words.preview}</summary>
      <p className="px-5 pb-3 text-quiet text-sm">{words.previewWords}</p>
      <div ref={frame}>{isOpen && children}</div>
    </details>
  );
}
