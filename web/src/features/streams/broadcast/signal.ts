// Where a stream is on its way to being live, as its owner sees it.
import type { Stream } from "../../../api/client";
import type { components } from "../../../api/schema";

export type Session = components["schemas"]["IngestSession"];

/** `arm`: its owner must start it first. `signal`: its encoder must come. `connected`: its picture must come. */
export type Step = "arm" | "signal" | "connected" | "live" | "over";

type Facts = Pick<Stream, "state" | "status" | "autoStart">;

/** Whether an encoder's key was taken and its picture has not come: that says its newest session. */
function isConnecting(newest: Session | undefined): boolean {
  return newest !== undefined && !newest.startedAt && !newest.endedAt;
}

export function stepOf(stream: Facts, newest: Session | undefined): Step {
  if (stream.status === "ENDED") return "over";
  if (stream.state === "RUNNING") return "live";
  if (stream.state === "CREATED" && !stream.autoStart) return "arm";
  return isConnecting(newest) ? "connected" : "signal";
}

/** The steps of its way, in order. */
export function stepsOf(stream: Facts): Exclude<Step, "over">[] {
  return stream.autoStart ? ["signal", "connected", "live"] : ["arm", "signal", "connected", "live"];
}

/** Minutes and seconds until then, never less than none. */
export function leftUntil(until: string | null | undefined, now: number): number {
  return until ? Math.max(Date.parse(until) - now, 0) : 0;
}
