import { type ReactNode, useRef, useState } from "react";
import { type MenuItem, PopoverMenu } from "./PopoverMenu";

type Props = { label: string; trigger: ReactNode; items: MenuItem[] };

/** A button that opens a list of things to do. */
export function Menu({ label, trigger, items }: Props) {
  const [anchor, setAnchor] = useState<HTMLElement>();
  // The press that closes an open menu must not open it again.
  const wasOpen = useRef(false);
  return (
    <>
      <button
        type="button"
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={anchor !== undefined}
        className="rounded-full p-1 hover:bg-raised"
        onPointerDown={() => {
          wasOpen.current = anchor !== undefined;
        }}
        onClick={({ currentTarget }) => {
          if (!wasOpen.current) setAnchor(currentTarget);
          wasOpen.current = false;
        }}
      >
        {trigger}
      </button>
      {anchor && (
        <PopoverMenu label={label} items={items} anchor={anchor} onClose={() => setAnchor(undefined)} />
      )}
    </>
  );
}
