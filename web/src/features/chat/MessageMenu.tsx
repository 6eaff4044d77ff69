import { Menu } from "@base-ui/react/menu";
import type { MenuItem } from "../../ui/Menu";

type Props = {
  label: string;
  items: MenuItem[];
  /** Where it opens, and what has the focus again afterwards. */
  anchor: HTMLElement;
  onClose: () => void;
};

/** What can be done about one message: one menu for the whole list, loaded when it is first opened. */
export default function MessageMenu({ label, items, anchor, onClose }: Props) {
  return (
    <Menu.Root open modal={false} onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Menu.Portal>
        <Menu.Positioner anchor={anchor} sideOffset={4} align="end" className="z-40">
          <Menu.Popup
            aria-label={label}
            finalFocus={{ current: anchor }}
            className="flex min-w-44 max-w-72 flex-col rounded-xl border border-line bg-card p-1.5 shadow-xl outline-none"
          >
            {items.map(({ name, onChoose, isDangerous }) => (
              <Menu.Item
                key={name}
                onClick={onChoose}
                className={`cursor-pointer rounded-lg px-3 py-2 text-left [overflow-wrap:anywhere] data-highlighted:bg-raised ${isDangerous ? "text-bad" : ""}`}
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
