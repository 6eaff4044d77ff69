// How the signal of a stream comes in: measured, judged, and told by the room where there is one.
import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import type { IngestStats } from "../../../../sdk/live-chat.js";
import { api, type Stream } from "../../../api/client";
import { type ApiError, dataOf } from "../../../api/query";
import type { components } from "../../../api/schema";
import { useLookAgain } from "../../../api/streams";
import { type Sample, SignalLog } from "./SignalLog";

/** Milliseconds between two looks at the health, while the room tells of the signal and while it does not. */
const [TOLD, UNTOLD] = [10_000, 2_000];
/** Milliseconds that one of the room's measurements is about: it does not say so. */
const PERIOD = 2_000;

export type Health = components["schemas"]["StreamHealth"];
export type Signal = {
  log: SignalLog;
  health: Health | undefined;
  /** For the room: it tells its owner of changes and measurements at once. */
  onStatus: () => void;
  onIngest: (stats: IngestStats) => void;
};

function sampleOf(stats: IngestStats): Sample {
  return {
    at: stats.timestamp,
    periodMs: PERIOD,
    bitrateKbps: stats.bitrate_kbps,
    fps: stats.fps,
    width: stats.width,
    height: stats.height,
    keyframeMs: 0,
    driftMs: stats.drift_ms,
  };
}

/** The signal of a stream. Its room has no second connection for this: each counts as a viewer. */
export function useSignal(stream: Stream): Signal {
  const { id } = stream;
  const [log] = useState(() => new SignalLog());
  const toldAt = useRef(0);
  const onStatus = useLookAgain(id);
  const onIngest = useCallback(
    (stats: IngestStats) => {
      toldAt.current = Date.now();
      log.add([sampleOf(stats)]);
    },
    [log],
  );

  const { data: health } = useQuery<Health, ApiError>({
    queryKey: ["stream-health", id],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/streams/{streamId}/health", { params: { path: { streamId: id } }, signal })),
    enabled: Boolean(stream.startedAt),
    refetchInterval: () => {
      if (stream.state !== "RUNNING") return false;
      return Date.now() - toldAt.current < TOLD ? TOLD : UNTOLD;
    },
  });
  useEffect(() => {
    if (health) log.add(health.samples);
  }, [health, log]);

  return { log, health, onStatus, onIngest };
}
