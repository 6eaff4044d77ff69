import { RectangleHorizontal } from "lucide-react";
import { texts } from "../../../lib/texts";
import { IconButton } from "./IconButton";
import { useShell } from "./shell";

/** The page's whole width for the picture, where there is more beside it. */
export function TheatreButton() {
  const { isTheatre, toggleTheatre } = useShell();
  if (isTheatre === undefined) return null;
  return (
    <IconButton
      name={texts.player.theatre}
      icon={<RectangleHorizontal aria-hidden />}
      keyName="t"
      aria-pressed={isTheatre}
      onClick={toggleTheatre}
      className="max-lg:hidden"
    />
  );
}
