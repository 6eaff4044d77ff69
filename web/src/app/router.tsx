// Every address of the app, and the page it shows. Pages are loaded when they are first shown.
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { session } from "../lib/session";
import { PageFailure } from "../ui/PageFailure";
import { PageLoading } from "../ui/States";
import { NotFound } from "./NotFound";
import { Shell } from "./Shell";

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound });
const shell = createRoute({ getParentRoute: () => root, id: "shell", component: Shell });

/** Sends people who are not signed in to the login, and back afterwards. */
function signedInOnly({ location }: { location: { href: string } }) {
  if (!session()) throw redirect({ to: "/login", search: { next: location.href } });
}

/**
 * `?next=`: where to go after signing in; only addresses of this app. What is refused is given as undefined: the router
 * keeps a name that is left out as it stood in the address.
 */
function nextSearch({ next }: { next?: unknown }): { next?: string | undefined } {
  return { next: typeof next === "string" && /^\/(?![/\\])/.test(next) ? next : undefined };
}

/** `?t=`: seconds to begin at. */
function timeSearch({ t }: { t?: unknown }): { t?: number | undefined } {
  return { t: typeof t === "number" && t > 0 ? t : undefined };
}

type Flag = 0 | 1;

/** What a page that embeds the player asks of it. */
function embedSearch({ t, autoplay, muted }: { t?: unknown; autoplay?: unknown; muted?: unknown }) {
  const flag = (asked: unknown): Flag => (asked === 1 || asked === true ? 1 : 0);
  return { ...timeSearch({ t }), autoplay: flag(autoplay), muted: flag(muted) };
}

const home = createRoute({
  getParentRoute: () => shell,
  path: "/",
  component: lazyRouteComponent(() => import("../pages/HomePage")),
});
const login = createRoute({
  getParentRoute: () => shell,
  path: "/login",
  validateSearch: nextSearch,
  component: lazyRouteComponent(() => import("../pages/LoginPage")),
});
const register = createRoute({
  getParentRoute: () => shell,
  path: "/register",
  validateSearch: nextSearch,
  component: lazyRouteComponent(() => import("../pages/RegisterPage")),
});
const settings = createRoute({
  getParentRoute: () => shell,
  path: "/settings",
  beforeLoad: signedInOnly,
  component: lazyRouteComponent(() => import("../pages/SettingsPage")),
});
const channel = createRoute({
  getParentRoute: () => shell,
  path: "/channel",
  beforeLoad: signedInOnly,
  component: lazyRouteComponent(() => import("../pages/ChannelPage")),
});
const profile = createRoute({
  getParentRoute: () => shell,
  path: "/u/$username",
  component: lazyRouteComponent(() => import("../pages/ProfilePage")),
});
const videos = createRoute({
  getParentRoute: () => shell,
  path: "/videos",
  component: lazyRouteComponent(() => import("../pages/VideosPage")),
});
const upload = createRoute({
  getParentRoute: () => shell,
  path: "/videos/upload",
  beforeLoad: signedInOnly,
  component: lazyRouteComponent(() => import("../pages/VideoUploadPage")),
});
const video = createRoute({
  getParentRoute: () => shell,
  path: "/videos/$videoId",
  validateSearch: timeSearch,
  component: lazyRouteComponent(() => import("../pages/VideoDetailPage")),
});
/** The address that is shared: the same page, with metadata in it for those who preview links. */
const watch = createRoute({
  getParentRoute: () => shell,
  path: "/watch/$videoId",
  validateSearch: timeSearch,
  component: lazyRouteComponent(() => import("../pages/VideoDetailPage")),
});
const streams = createRoute({
  getParentRoute: () => shell,
  path: "/streams",
  component: lazyRouteComponent(() => import("../pages/StreamsPage")),
});
const createStream = createRoute({
  getParentRoute: () => shell,
  path: "/streams/create",
  beforeLoad: signedInOnly,
  component: lazyRouteComponent(() => import("../pages/CreateStreamPage")),
});
const stream = createRoute({
  getParentRoute: () => shell,
  path: "/streams/$streamId",
  component: lazyRouteComponent(() => import("../pages/StreamDetailPage")),
});
const live = createRoute({
  getParentRoute: () => shell,
  path: "/live/$streamId",
  component: lazyRouteComponent(() => import("../pages/StreamDetailPage")),
});
const broadcast = createRoute({
  getParentRoute: () => shell,
  path: "/streams/$streamId/broadcast",
  beforeLoad: signedInOnly,
  component: lazyRouteComponent(() => import("../pages/BroadcastPage")),
});
/** A player alone, for pages of other sites. */
const embed = createRoute({
  getParentRoute: () => root,
  path: "/embed/$id",
  validateSearch: embedSearch,
  component: lazyRouteComponent(() => import("../pages/EmbedPage")),
});

const tree = root.addChildren([
  shell.addChildren([
    home,
    login,
    register,
    settings,
    channel,
    profile,
    videos,
    upload,
    video,
    watch,
    streams,
    createStream,
    stream,
    live,
    broadcast,
  ]),
  embed,
]);

export const router = createRouter({
  routeTree: tree,
  defaultErrorComponent: PageFailure,
  defaultPendingComponent: PageLoading,
  defaultNotFoundComponent: NotFound,
  scrollRestoration: true,
  defaultPreload: "intent",
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
