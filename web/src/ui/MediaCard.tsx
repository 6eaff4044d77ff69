import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Avatar } from "./Avatar";

/** The classes of the link in a card's title: all of the card leads where it does. */
export const TITLE_LINK = "after:absolute after:inset-0 after:rounded-xl group-hover:underline";
/** The class of any other link in a card: it lies above the title's. */
export const ABOVE = "relative z-10";

type Props = {
  picture: ReactNode;
  /** A link with `TITLE_LINK`. */
  title: ReactNode;
  /** Whose it is. */
  username: string | null | undefined;
  children: ReactNode;
};

/** A picture with words below: title, owner, and what else there is to say. */
export function MediaCard({ picture, title, username, children }: Props) {
  return (
    <article className="group relative flex flex-col gap-2.5">
      {picture}
      <div className="flex gap-3">
        {username && <Avatar name={username} size="size-9" />}
        <div className="min-w-0 flex-1 text-quiet text-sm">
          <h3 className="line-clamp-2 font-semibold text-base text-ink leading-snug [overflow-wrap:anywhere]">
            {title}
          </h3>
          {username && (
            <p className="truncate">
              <Link
                to="/u/$username"
                params={{ username }}
                className={`${ABOVE} hover:text-ink hover:underline`}
              >
                {username}
              </Link>
            </p>
          )}
          {children}
        </div>
      </div>
    </article>
  );
}
