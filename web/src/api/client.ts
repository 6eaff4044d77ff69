// The API, typed by docs/openapi.json. Signed in, each request carries the access token; an old one is exchanged once.
import createClient, { type Middleware } from "openapi-fetch";
import { exchangedFor, noteExchange } from "../lib/exchange";
import { reloadSession, type Session, session, setSession } from "../lib/session";
import { texts } from "../lib/texts";
import type { components, paths } from "./schema";

export type Video = components["schemas"]["Video"];
export type VideoCard = components["schemas"]["VideoCard"];
export type Stream = components["schemas"]["Stream"];
export type StreamCard = components["schemas"]["StreamCard"];
export type Channel = components["schemas"]["Channel"];
export type Account = components["schemas"]["Account"];
export type Profile = components["schemas"]["Profile"];
export type Problem = components["schemas"]["ProblemDetails"];
type Tokens = components["schemas"]["SessionTokens"];

export const api = createClient<paths>({ baseUrl: "/" });

function sessionOf({ user, accessToken, refreshToken }: Tokens): Session {
  return { userId: user.id, username: user.username, accessToken, refreshToken };
}

export function openSession(tokens: Tokens): void {
  setSession(sessionOf(tokens));
}

/** Ends the session: here in any case, on the server when it can be reached. */
export async function logOut(): Promise<void> {
  const refreshToken = session()?.refreshToken;
  setSession(null);
  if (refreshToken) await api.POST("/api/v1/auth/logout", { body: { refreshToken } }).catch(() => undefined);
}

let refreshing: Promise<Session | null> | null = null;

/** One exchange at a time, over all tabs: the second use of a refresh token ends the session. */
function refresh(used: Session): Promise<Session | null> {
  refreshing ??= navigator.locks
    .request("skylark.refresh", async () => {
      const now = reloadSession();
      if (now?.refreshToken !== used.refreshToken) return now;
      const known = await exchangedFor(used.refreshToken);
      if (known) {
        setSession(known);
        return known;
      }
      const { data, response } = await api.POST("/api/v1/auth/refresh", {
        body: { refreshToken: used.refreshToken },
      });
      if (data) {
        const fresh = sessionOf(data);
        await noteExchange({ spent: used.refreshToken, session: fresh });
        setSession(fresh);
      } else if (response.status === 401) setSession(null);
      return session();
    })
    .finally(() => {
      refreshing = null;
    });
  return refreshing;
}

/** Commands that need no session, or bring their own token. */
const OPEN = /\/api\/v1\/auth\/(login|logout|refresh|register)$/;
/** Each request once more, and the session it was sent in: another tab may have exchanged it since. */
const retries = new WeakMap<Request, { again: Request; used: Session }>();

const authorize: Middleware = {
  onRequest({ request }) {
    const signedIn = session();
    if (!signedIn || OPEN.test(request.url)) return undefined;
    retries.set(request, { again: request.clone(), used: signedIn });
    request.headers.set("authorization", `Bearer ${signedIn.accessToken}`);
    return request;
  },
  async onResponse({ request, response }) {
    const retry = retries.get(request);
    if (response.status !== 401 || !retry || !session()) return undefined;
    const { again, used } = retry;
    const fresh = await refresh(used);
    if (fresh) again.headers.set("authorization", `Bearer ${fresh.accessToken}`);
    return fetch(again);
  },
};
api.use(authorize);

/** One sentence about what went wrong. */
export function explain(problem: Problem | undefined): string {
  const first = problem?.errors?.[0];
  if (first) return `${first.pointer.slice(1)} ${first.detail}.`;
  return problem?.detail ?? texts.common.unreachable;
}
