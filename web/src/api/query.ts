// Reads of the API, kept and shared by TanStack Query; and answers as values or errors.
import { QueryClient } from "@tanstack/react-query";
import { explain, type Problem } from "./client";

/** What the API refused, or 0 as status when it could not be reached. `message` is one sentence for people. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem | undefined,
  ) {
    super(explain(problem));
  }

  get code(): string | undefined {
    return this.problem?.code;
  }
}

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The answer's value; throws `ApiError`. */
export async function dataOf<T>(asked: Promise<Answer<T>>): Promise<T> {
  return (await answerOf(asked)).data;
}

/** The answer's value beside its headers, where an ETag is wanted; throws `ApiError`. */
export async function answerOf<T>(asked: Promise<Answer<T>>): Promise<{ data: T; response: Response }> {
  const { data, error, response } = await asked.catch((error: unknown) => {
    // Whoever gave up does not want to read of it.
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, undefined);
  });
  // 304 comes only to those who asked with an ETag, and know the value.
  if (!response.ok && response.status !== 304)
    throw new ApiError(response.status, error as Problem | undefined);
  // 204 has no value: its type says so.
  return { data: data as T, response };
}

/** Whether another try may go better. */
function mayPass(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500);
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      retry: (failures, error) => failures < 3 && mayPass(error),
      // A page that was never loaded has nothing to show instead: its boundary does.
      throwOnError: false,
    },
  },
});
