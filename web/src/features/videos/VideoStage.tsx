import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Video } from "../../api/client";
import { answerOf } from "../../api/query";
import { texts } from "../../lib/texts";
import { Button, ButtonLink } from "../../ui/Button";
import { Progress } from "../../ui/Progress";
import { keep } from "./words";

const words = texts.videos.stage;
const PHASES: Record<string, string> = {
  PROBING: words.PROBING,
  TRANSCODING: words.TRANSCODING,
  UPLOADING: words.STORING,
};

/** A video's way to READY: what is done now and how far, or why it failed and what can be done. */
export function VideoStage({ video }: { video: Video }) {
  if (video.status === "FAILED") return <Failed video={video} />;
  if (video.status === "UPLOADING") {
    return (
      <div className="flex flex-col items-start gap-3">
        <p>{words.uploadElsewhere}</p>
        <ButtonLink to="/videos/upload" kind="plain">
          {words.uploadPage}
        </ButtonLink>
      </div>
    );
  }
  const { phase, percent = 0 } = video.progress ?? {};
  return (
    <div className="flex flex-col gap-2">
      <Progress label={PHASES[phase ?? ""] ?? words.QUEUED} percent={percent} />
      <p className="text-quiet text-sm">{words.leave}</p>
    </div>
  );
}

function Failed({ video }: { video: Video }) {
  // The same name for each try: a repeated request begins no second attempt.
  const [key] = useState(() => crypto.randomUUID());
  const retry = useMutation({
    mutationFn: async () => {
      const params = { path: { videoId: video.id }, header: { "Idempotency-Key": key } };
      const { data, response } = await answerOf(api.POST("/api/v1/videos/{videoId}/retry", { params }));
      keep({ video: data, etag: response.headers.get("ETag") ?? "*" });
    },
  });
  return (
    <div className="flex flex-col items-start gap-3">
      <p role="alert" className="text-bad">
        {video.failure?.message ?? texts.videos.failed}
      </p>
      {video.failure?.retryable ? (
        <Button onClick={() => retry.mutate()} disabled={retry.isPending}>
          {words.retry}
        </Button>
      ) : (
        <ButtonLink to="/videos/upload" kind="plain">
          {words.another}
        </ButtonLink>
      )}
      {retry.error && (
        <p role="alert" className="text-bad text-sm">
          {retry.error.message}
        </p>
      )}
    </div>
  );
}
