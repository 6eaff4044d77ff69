import { type KeyboardEvent, useEffect, useLayoutEffect, useRef } from "react";

/** Pixels between the menu and what it belongs to, and to the window's edges. */
const [GAP, EDGE] = [4, 8];

export type MenuItem = { name: string; onChoose: () => void; isDangerous?: boolean };

type Props = {
  label: string;
  items: MenuItem[];
  /** Where it opens, and what has the focus again afterwards. */
  anchor: HTMLElement;
  onClose: () => void;
};

/** A list of things to do, at what it belongs to. The browser's own popover closes by Escape and by a click beside it. */
export function PopoverMenu({ label, items, anchor, onClose }: Props) {
  const menu = useRef<HTMLDivElement>(null);

  useLayoutEffect(() => {
    const popover = menu.current;
    if (!popover) return;
    popover.showPopover();
    const [at, own] = [anchor.getBoundingClientRect(), popover.getBoundingClientRect()];
    const hasRoomBelow = at.bottom + GAP + own.height + EDGE <= window.innerHeight;
    const top = hasRoomBelow ? at.bottom + GAP : at.top - GAP - own.height;
    popover.style.top = `${Math.max(top, EDGE)}px`;
    popover.style.left = `${Math.max(at.right - own.width, EDGE)}px`;
    popover.querySelector<HTMLElement>("[role=menuitem]")?.focus();
  }, [anchor]);

  useEffect(() => () => anchor.focus({ preventScroll: true }), [anchor]);

  function onKeyDown(event: KeyboardEvent<HTMLElement>) {
    const all = [...event.currentTarget.querySelectorAll<HTMLElement>("[role=menuitem]")];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const targets: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 };
    const target = targets[event.key];
    if (event.key === "Tab") menu.current?.hidePopover();
    if (target === undefined) return;
    event.preventDefault();
    all.at(target % all.length)?.focus();
  }

  return (
    <div
      ref={menu}
      popover="auto"
      role="menu"
      tabIndex={-1}
      aria-label={label}
      onKeyDown={onKeyDown}
      onToggle={({ newState }) => newState === "closed" && onClose()}
      className="fixed inset-auto m-0 max-w-72 flex-col rounded-xl border border-line bg-card p-1.5 text-ink shadow-xl open:flex"
    >
      {items.map(({ name, onChoose, isDangerous }) => (
        <button
          key={name}
          type="button"
          role="menuitem"
          tabIndex={-1}
          onClick={() => {
            menu.current?.hidePopover();
            onChoose();
          }}
          className={`rounded-lg px-3 py-2 text-left [overflow-wrap:anywhere] hover:bg-raised focus-visible:bg-raised focus-visible:-outline-offset-2 ${isDangerous ? "text-bad" : ""}`}
        >
          {name}
        </button>
      ))}
    </div>
  );
}
