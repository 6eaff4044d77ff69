// What its owner hears of a stream at once, over the room's connection; and what can only be asked for.
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { type IngestStats, LiveChat, TicketError } from "../../../../sdk/live-chat.js";
import { api, type Stream } from "../../../api/client";
import { type ApiError, dataOf } from "../../../api/query";
import type { components } from "../../../api/schema";
import { useLookAgain } from "../../../api/streams";
import { SignalLog } from "./SignalLog";

/** Milliseconds between two looks at the health, with the room's frames and without them. */
const [BESIDE_FRAMES, ALONE] = [10_000, 2_000];
/** Milliseconds between two frames: they do not say what time they are about. */
const FRAME_PERIOD = 2_000;

export type Health = components["schemas"]["StreamHealth"];

/** A ticket for the room, by the page's own client: it knows how to keep the session. */
async function ticket(streamId: string) {
  const path = { streamId };
  const { data, response } = await api.POST("/api/v1/streams/{streamId}/chat-ticket", { params: { path } });
  if (!data) throw new TicketError(response.status, Number(response.headers.get("Retry-After") ?? 0) * 1000);
  return data;
}

function sampleOf(frame: IngestStats) {
  return {
    at: frame.timestamp,
    periodMs: FRAME_PERIOD,
    bitrateKbps: frame.bitrate_kbps,
    fps: frame.fps,
    width: frame.width,
    height: frame.height,
    keyframeMs: 0,
    driftMs: frame.drift_ms,
  };
}

/** The measurements of a stream, and what they add up to. Has the stream looked at again when the room tells of a change. */
export function useSignal(stream: Stream): { log: SignalLog; health: Health | undefined } {
  const { id } = stream;
  const [log] = useState(() => new SignalLog());
  const lookAgain = useLookAgain(id);
  const isTold = stream.chat.enabled && stream.status !== "ENDED";

  useEffect(() => {
    if (!isTold) return;
    const room = new LiveChat(id, undefined, undefined, undefined, { ticket: () => ticket(id) });
    room.onStatus = lookAgain;
    room.onIngest = (frame) => log.add([sampleOf(frame)]);
    return () => room.close();
  }, [id, isTold, log, lookAgain]);

  const isComing = stream.state === "RUNNING";
  const { data: health } = useQuery<Health, ApiError>({
    queryKey: ["stream-health", id],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/streams/{streamId}/health", { params: { path: { streamId: id } }, signal })),
    enabled: Boolean(stream.startedAt),
    refetchInterval: isComing && (isTold ? BESIDE_FRAMES : ALONE),
  });
  useEffect(() => {
    if (health) log.add(health.samples);
  }, [health, log]);

  return { log, health };
}
