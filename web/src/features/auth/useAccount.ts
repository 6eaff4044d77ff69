import { useQuery } from "@tanstack/react-query";
import { type Account, api } from "../../api/client";
import { type ApiError, answerOf } from "../../api/query";
import { useSession } from "../../lib/session";

/** The own account beside its version, for `If-Match`. */
export type Known = { account: Account; etag: string };

export function accountKey(userId: string | undefined) {
  return ["account", userId ?? null] as const;
}

/** The own account. */
export function useAccount() {
  const userId = useSession()?.userId;
  return useQuery<Known, ApiError>({
    queryKey: accountKey(userId),
    queryFn: async ({ signal }) => knownOf(answerOf(api.GET("/api/v1/users/me", { signal }))),
    enabled: userId !== undefined,
  });
}

export async function knownOf(answer: Promise<{ data: Account; response: Response }>): Promise<Known> {
  const { data, response } = await answer;
  return { account: data, etag: response.headers.get("ETag") ?? "*" };
}
