import { lazy, type ReactNode, Suspense, useState } from "react";

export type MenuItem = { name: string; onChoose: () => void; isDangerous?: boolean };
export type MenuProps = { label: string; trigger: ReactNode; items: MenuItem[] };

const OpenMenu = lazy(() => import("./OpenMenu"));

/** A button that opens a list of things to do. The list is loaded when somebody first reaches for it. */
export function Menu({ label, trigger, items }: MenuProps) {
  const [isWanted, setIsWanted] = useState(false);
  const button = (
    <button
      type="button"
      aria-label={label}
      aria-haspopup="menu"
      aria-expanded={false}
      className="rounded-full p-1 hover:bg-raised"
      onClick={() => setIsWanted(true)}
    >
      {trigger}
    </button>
  );
  if (!isWanted) return button;
  return (
    <Suspense fallback={button}>
      <OpenMenu label={label} trigger={trigger} items={items} />
    </Suspense>
  );
}
