import { useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { useSession } from "../../lib/session";

/** Leaves a page for people without a session as soon as there is one, made here or in another tab. */
export function useGoOn(next = "/"): void {
  const isSignedIn = useSession() !== null;
  const { history } = useRouter();
  useEffect(() => {
    if (isSignedIn) history.replace(next);
  }, [isSignedIn, history, next]);
}
