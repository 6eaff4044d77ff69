import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Stream } from "../../../api/client";
import { ApiError, dataOf } from "../../../api/query";
import { useLookAgain } from "../../../api/streams";
import { texts } from "../../../lib/texts";
import { Button } from "../../../ui/Button";
import { Confirm } from "../../../ui/Dialog";
import type { Step } from "./signal";

const words = texts.broadcast;
type Command = "start" | "stop";

function send(command: Command, streamId: string): Promise<Stream> {
  const params = { path: { streamId }, header: { "Idempotency-Key": crypto.randomUUID() } };
  return command === "start"
    ? dataOf(api.POST("/api/v1/streams/{streamId}/start", { params }))
    : dataOf(api.POST("/api/v1/streams/{streamId}/stop", { params }));
}

/** Why a command was refused, and what may be done instead. */
function refusal(error: Error): string {
  const allowed = error instanceof ApiError ? error.problem?.allowed : undefined;
  return [error.message, allowed && words.allowed(allowed)].filter(Boolean).join(" ");
}

/** Begins and ends a stream. One that starts by itself needs no button for it. */
export function StartStop({ stream, step }: { stream: Stream; step: Step }) {
  const [isAsking, setIsAsking] = useState(false);
  const lookAgain = useLookAgain(stream.id);
  const sending = useMutation<Stream, Error, Command>({
    mutationFn: (command) => send(command, stream.id),
    // Refused or not: the stream is not what the page took it for.
    onSettled: lookAgain,
  });
  const mayStop = stream.state === "STARTING" || stream.state === "RUNNING";
  if (step !== "arm" && !mayStop && !sending.error) return null;
  const isStarting = sending.isPending && sending.variables === "start";
  const isStopping = sending.isPending && sending.variables === "stop";
  return (
    <div className="flex flex-wrap items-center gap-3">
      {step === "arm" && (
        <Button disabled={sending.isPending} onClick={() => sending.mutate("start")}>
          {isStarting ? words.starting : words.start}
        </Button>
      )}
      {mayStop && (
        <Button kind="danger" disabled={sending.isPending} onClick={() => setIsAsking(true)}>
          {isStopping ? words.stopping : words.stop}
        </Button>
      )}
      {sending.error && (
        <p role="alert" className="text-bad">
          {refusal(sending.error)}
        </p>
      )}
      {isAsking && (
        <Confirm
          title={words.stopTitle}
          yes={words.stopYes}
          no={words.stopNo}
          onYes={() => sending.mutate("stop")}
          onClose={() => setIsAsking(false)}
        >
          <p>
            {words.stopWords} {stream.recordingEnabled && stream.startedAt && words.stopRecorded}
          </p>
        </Confirm>
      )}
    </div>
  );
}
