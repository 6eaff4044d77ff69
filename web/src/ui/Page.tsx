import { type ReactNode, useEffect } from "react";
import { texts } from "../lib/texts";

type Props = {
  /** The page's heading, and its name in the tab. */
  title: string;
  /** The heading is for screen readers only. */
  hideTitle?: boolean;
  /** Stands beside the heading. */
  actions?: ReactNode;
  width?: "narrow" | "normal" | "wide";
  children: ReactNode;
};

const WIDTHS = { narrow: "max-w-xl", normal: "max-w-6xl", wide: "max-w-[110rem]" };

/** The frame of each page: one heading, the name in the tab. */
export function Page({ title, hideTitle, actions, width = "normal", children }: Props) {
  useTitle(title);
  return (
    <div className={`mx-auto flex flex-col gap-6 px-4 py-6 md:px-8 ${WIDTHS[width]}`}>
      <div className={hideTitle ? "sr-only" : "flex flex-wrap items-center justify-between gap-3"}>
        <h1 className="font-bold text-2xl [overflow-wrap:anywhere]">{title}</h1>
        {actions}
      </div>
      {children}
    </div>
  );
}

/** Names the tab. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · ${texts.common.site}`;
    return () => {
      document.title = texts.common.site;
    };
  }, [title]);
}
