import { Menu } from "@base-ui/react/menu";
import type { MenuProps } from "./Menu";

/** The menu itself; it opens at once, for it is made by the click that asks for it. */
export default function OpenMenu({ label, trigger, items }: MenuProps) {
  return (
    <Menu.Root defaultOpen modal={false}>
      <Menu.Trigger aria-label={label} className="rounded-full p-1 hover:bg-raised">
        {trigger}
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={6} align="end" className="z-40">
          <Menu.Popup className="flex min-w-44 flex-col rounded-xl border border-line bg-card p-1.5 shadow-xl outline-none">
            {items.map(({ name, onChoose, isDangerous }) => (
              <Menu.Item
                key={name}
                onClick={onChoose}
                className={`cursor-pointer rounded-lg px-3 py-2 text-left data-highlighted:bg-raised ${isDangerous ? "text-bad" : ""}`}
              >
                {name}
              </Menu.Item>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
