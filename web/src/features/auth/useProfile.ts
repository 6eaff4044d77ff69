import { useQuery } from "@tanstack/react-query";
import { api, type Profile } from "../../api/client";
import { type ApiError, dataOf } from "../../api/query";

/** What everybody may know of somebody. Asked anew each time: who has just saved it wants to see that. */
export function useProfile(username: string) {
  return useQuery<Profile, ApiError>({
    queryKey: ["profile", username],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET("/api/v1/users/{username}", { params: { path: { username } }, signal, cache: "no-cache" }),
      ),
  });
}
