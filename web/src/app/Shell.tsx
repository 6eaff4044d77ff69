import { Link, Outlet, useRouter, useRouterState } from "@tanstack/react-router";
import { CirclePlus, Clapperboard, Home, Radio, User } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import { UploadIndicator } from "../features/videos/UploadIndicator";
import { useSession } from "../lib/session";
import { texts } from "../lib/texts";
import { ButtonLink } from "../ui/Button";
import { AccountMenu } from "./AccountMenu";

const { nav } = texts.common;

/** The header, the page, and on telephones the tabs below it. */
export function Shell({ children = <Outlet /> }: { children?: ReactNode }) {
  const signedIn = useSession();
  const main = useFocusAfterMove();
  useGuardAgain(signedIn?.userId);
  return (
    <div className="flex min-h-dvh flex-col">
      <a href="#main" className="skip-link">
        {nav.skip}
      </a>
      <header className="sticky top-0 z-30 border-line border-b bg-card/95 backdrop-blur">
        <div className="mx-auto flex h-14 max-w-[90rem] items-center gap-2 px-4 md:px-8">
          <Link to="/" className="flex items-center gap-2.5 font-bold text-lg" aria-label={nav.home}>
            <img src="/icon.svg" alt="" width="28" height="28" /> <span>Skylark</span>
          </Link>
          <nav aria-label={nav.label} className="ml-6 hidden gap-1 md:flex">
            <NavLink to="/streams">{nav.streams}</NavLink>
            <NavLink to="/videos">{nav.videos}</NavLink>
          </nav>
          <div className="ml-auto flex items-center gap-2">
            <UploadIndicator />
            {signedIn ? (
              <AccountMenu username={signedIn.username} />
            ) : (
              <>
                <ButtonLink to="/login" kind="plain" size="small">
                  {nav.login}
                </ButtonLink>
                <ButtonLink to="/register" size="small" className="max-sm:hidden">
                  {nav.register}
                </ButtonLink>
              </>
            )}
          </div>
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1} className="flex-1 pb-20 outline-none md:pb-10">
        {children}
      </main>
      <nav
        aria-label={nav.label}
        className="fixed inset-x-0 bottom-0 z-30 grid grid-cols-4 border-line border-t bg-card pb-[env(safe-area-inset-bottom)] md:hidden"
      >
        <Tab to="/" icon={<Home aria-hidden />} name={nav.home} />
        <Tab to="/videos" icon={<Clapperboard aria-hidden />} name={nav.videos} />
        <Tab to="/streams" icon={<Radio aria-hidden />} name={nav.streams} />
        {signedIn ? (
          <Tab to="/videos/upload" icon={<CirclePlus aria-hidden />} name={nav.upload} />
        ) : (
          <Tab to="/login" icon={<User aria-hidden />} name={nav.login} />
        )}
      </nav>
    </div>
  );
}

type To = "/" | "/videos" | "/streams" | "/videos/upload" | "/login";

function NavLink({ to, children }: { to: To; children: ReactNode }) {
  return (
    <Link
      to={to}
      activeOptions={{ exact: true }}
      className="rounded-lg px-3 py-1.5 font-medium text-quiet hover:bg-ground hover:text-ink aria-[current=page]:bg-ground aria-[current=page]:text-ink"
    >
      {children}
    </Link>
  );
}

function Tab({ to, icon, name }: { to: To; icon: ReactNode; name: string }) {
  return (
    <Link
      to={to}
      activeOptions={{ exact: true }}
      className="flex flex-col items-center gap-0.5 py-2 text-quiet text-xs aria-[current=page]:text-accent"
    >
      {icon}
      {name}
    </Link>
  );
}

/** Moves the focus to the page after each move: screen readers then read on there. */
function useFocusAfterMove() {
  const main = useRef<HTMLElement>(null);
  const path = useRouterState({ select: (state) => state.resolvedLocation?.pathname });
  const last = useRef(path);
  useEffect(() => {
    if (last.current !== undefined && path !== last.current) main.current?.focus({ preventScroll: true });
    last.current = path;
  }, [path]);
  return main;
}

/** Asks again who may see the page when somebody else is signed in, or nobody any more: in another tab, or by time. */
function useGuardAgain(userId: string | undefined) {
  const router = useRouter();
  const last = useRef(userId);
  useEffect(() => {
    if (userId !== last.current) void router.invalidate();
    last.current = userId;
  }, [router, userId]);
}
