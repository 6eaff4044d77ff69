import type { ReactNode } from "react";

type Props = { name: string; icon: ReactNode; onPress: () => void };

/** The one thing to do now, in the middle of the picture. */
export function BigButton({ name, icon, onPress }: Props) {
  return (
    <button
      type="button"
      aria-label={name}
      onClick={onPress}
      className="absolute top-1/2 left-1/2 grid size-18 -translate-x-1/2 -translate-y-1/2 place-items-center rounded-full bg-black/70 text-white hover:bg-accent hover:text-on-accent [&_svg]:size-8"
    >
      {icon}
    </button>
  );
}
