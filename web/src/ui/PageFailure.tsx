import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { texts } from "../lib/texts";
import { Button } from "./Button";

/** A page that threw: never its inner words, always a way on. */
export function PageFailure() {
  const client = useQueryClient();
  // What it could do nothing with must not break it again when somebody comes back.
  useEffect(() => client.removeQueries({ type: "inactive" }), [client]);
  return <BrokenPage />;
}

export function BrokenPage() {
  return (
    <div role="alert" className="mx-auto flex max-w-xl flex-col items-center gap-3 px-6 py-16 text-center">
      <h1 className="font-bold text-2xl">{texts.common.brokenTitle}</h1>
      <p className="text-quiet">{texts.common.brokenWords}</p>
      <Button onClick={() => location.reload()}>{texts.common.reload}</Button>
    </div>
  );
}
