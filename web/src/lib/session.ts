// Who is signed in, kept over reloads and shared by all tabs.
import { useSyncExternalStore } from "react";
import { forgetExchange } from "./exchange";

export type Session = { userId: string; username: string; accessToken: string; refreshToken: string };

const KEY = "skylark.session";
const listeners = new Set<() => void>();
let current = read();

function read(): Session | null {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "null") as Session | null;
  } catch {
    // Storage is forbidden, or somebody else wrote there: nobody is signed in.
    return null;
  }
}

function tell(): void {
  for (const listener of listeners) listener();
}

export function session(): Session | null {
  return current;
}

/** What other tabs have made of it: their news may come later than their locks are released. */
export function reloadSession(): Session | null {
  let stored = current;
  try {
    stored = JSON.parse(localStorage.getItem(KEY) ?? "null") as Session | null;
  } catch {
    // Without storage each tab is on its own.
  }
  if (stored?.refreshToken !== current?.refreshToken) {
    current = stored;
    tell();
  }
  return current;
}

export function setSession(next: Session | null): void {
  current = next;
  try {
    if (next) localStorage.setItem(KEY, JSON.stringify(next));
    else localStorage.removeItem(KEY);
  } catch {
    // Without storage the session lasts as long as the page.
  }
  if (!next) void forgetExchange();
  tell();
}

function subscribe(listener: () => void): () => void {
  const changed = (event: StorageEvent) => {
    if (event.key === KEY) {
      current = read();
      tell();
    }
  };
  listeners.add(listener);
  window.addEventListener("storage", changed);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", changed);
  };
}

export function useSession(): Session | null {
  return useSyncExternalStore(subscribe, session);
}
