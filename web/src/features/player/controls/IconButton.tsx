import type { ButtonHTMLAttributes, ReactNode } from "react";

type Props = { name: string; icon: ReactNode; keyName?: string } & ButtonHTMLAttributes<HTMLButtonElement>;

/** A button of the bar: a sign, its name for those who cannot see it, and for the others when they rest on it. */
export function IconButton({ name, icon, keyName, className = "", ...rest }: Props) {
  return (
    <button
      type="button"
      aria-label={name}
      aria-keyshortcuts={keyName}
      title={keyName ? `${name} (${keyName})` : name}
      className={`grid size-10 shrink-0 place-items-center rounded-lg text-white hover:bg-white/20 [&_svg]:size-5.5 ${className}`}
      {...rest}
    >
      {icon}
    </button>
  );
}
