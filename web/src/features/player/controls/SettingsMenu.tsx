import { Settings } from "lucide-react";
import { type KeyboardEvent, lazy, Suspense, useEffect, useId, useRef, useState } from "react";
import { texts } from "../../../lib/texts";
import { IconButton } from "./IconButton";
import type { SettingsProps } from "./SettingsPanel";
import { useShell } from "./shell";

const SettingsPanel = lazy(() => import("./SettingsPanel"));

/** A button that opens what can be set. */
export function SettingsMenu(props: SettingsProps) {
  const [isOpen, setIsOpen] = useState(false);
  const menu = useRef<HTMLDivElement>(null);
  const { hold, showKeys } = useShell();
  const id = useId();

  useEffect(() => hold(isOpen), [hold, isOpen]);
  useEffect(() => {
    if (!isOpen) return;
    const press = (event: Event) => {
      if (!menu.current?.contains(event.target as Node)) setIsOpen(false);
    };
    document.addEventListener("pointerdown", press);
    return () => document.removeEventListener("pointerdown", press);
  }, [isOpen]);

  function close() {
    setIsOpen(false);
    menu.current?.querySelector("button")?.focus();
  }

  function press(event: KeyboardEvent) {
    if (event.key !== "Escape" || !isOpen) return;
    event.stopPropagation();
    close();
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape closes what is open, wherever the focus is in it
    <div ref={menu} onKeyDown={press}>
      <IconButton
        name={texts.player.settings}
        icon={<Settings aria-hidden />}
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setIsOpen(!isOpen)}
      />
      <div id={id}>
        {isOpen && (
          <Suspense>
            <SettingsPanel
              {...props}
              onKeys={() => {
                close();
                showKeys();
              }}
            />
          </Suspense>
        )}
      </div>
    </div>
  );
}
