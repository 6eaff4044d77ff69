// What a page shows instead of its content.
import type { ReactNode } from "react";
import { texts } from "../lib/texts";
import { Button } from "./Button";

/** Something comes. */
export function Loading({ words = texts.common.loading }: { words?: string }) {
  return (
    <p role="status" className="py-10 text-center text-quiet">
      {words}
    </p>
  );
}

export function PageLoading() {
  return <Loading />;
}

type EmptyProps = { title: string; words?: string; children?: ReactNode };

/** There is nothing yet, and what to do about it. */
export function Empty({ title, words, children }: EmptyProps) {
  return (
    <div className="flex flex-col items-center gap-3 rounded-xl border border-line border-dashed px-6 py-12 text-center">
      <p className="font-semibold text-lg">{title}</p>
      {words && <p className="max-w-prose text-quiet">{words}</p>}
      {children}
    </div>
  );
}

type FailureProps = { error: unknown; onRetry?: () => void };

/** Something could not be had: why, and another try. */
export function Failure({ error, onRetry }: FailureProps) {
  return (
    <div role="alert" className="flex flex-col items-center gap-3 px-6 py-10 text-center">
      <p className="text-bad">{error instanceof Error ? error.message : String(error)}</p>
      {onRetry && (
        <Button kind="plain" onClick={onRetry}>
          {texts.common.retry}
        </Button>
      )}
    </div>
  );
}
