import { ApiError } from "../../api/query";
import { texts } from "../../lib/texts";
import { formatWait } from "../../lib/time";

/** Says when to try again, where the API has had enough of guesses. */
export function tooMany(error: unknown): unknown {
  const wait = error instanceof ApiError && error.status === 429 && error.problem?.retryAfterMs;
  return wait ? new Error(texts.auth.login.tooMany(formatWait(wait))) : error;
}
