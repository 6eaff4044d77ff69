import { createLink } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, ButtonHTMLAttributes } from "react";

type Look = {
  kind?: "primary" | "plain" | "danger" | "quiet";
  size?: "small" | "normal";
};

const KINDS = {
  primary: "bg-accent text-on-accent border-transparent hover:brightness-110",
  plain: "bg-card text-ink border-line hover:bg-raised",
  danger: "bg-card text-bad border-current hover:bg-raised",
  quiet: "bg-transparent text-ink border-transparent hover:bg-raised",
};
const SIZES = { small: "px-3 py-1 text-sm", normal: "px-4 py-2" };

function look({ kind = "primary", size = "normal" }: Look, more = ""): string {
  return `inline-flex items-center justify-center gap-2 rounded-lg border font-semibold whitespace-nowrap disabled:opacity-55 ${KINDS[kind]} ${SIZES[size]} ${more}`;
}

/** A button; `type` is `button` unless said. */
export function Button({ kind, size, className, ...rest }: Look & ButtonHTMLAttributes<HTMLButtonElement>) {
  const chosen = { ...(kind && { kind }), ...(size && { size }) };
  return <button type="button" className={look(chosen, className)} {...rest} />;
}

function Anchor({ kind, size, className, ...rest }: Look & AnchorHTMLAttributes<HTMLAnchorElement>) {
  const chosen = { ...(kind && { kind }), ...(size && { size }) };
  return <a className={look(chosen, className)} {...rest} />;
}

/** A link of the router that looks like a button. */
export const ButtonLink = createLink(Anchor);
