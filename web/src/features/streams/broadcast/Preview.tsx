import { type ReactNode, useState } from "react";
import { texts } from "../../../lib/texts";

const words = texts.broadcast;

/** A player in a fold. It is there only while the fold is open. */
export function Preview({ children }: { children: ReactNode }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <details
      className="overflow-hidden rounded-xl border border-line bg-card"
      onToggle={(event) => setIsOpen(event.currentTarget.open)}
    >
      <summary className="px-5 py-3 font-semibold">{words.preview}</summary>
      <p className="px-5 pb-3 text-quiet text-sm">{words.previewWords}</p>
      {isOpen && children}
    </details>
  );
}
