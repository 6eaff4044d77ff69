import type { HTMLAttributes } from "react";

/** A raised surface. */
export function Card({ className = "", ...rest }: HTMLAttributes<HTMLElement>) {
  return (
    <section
      className={`flex flex-col gap-4 rounded-xl border border-line bg-card p-5 ${className}`}
      {...rest}
    />
  );
}
