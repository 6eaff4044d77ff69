import { useMutation } from "@tanstack/react-query";
import { Pause, Play, RotateCcw, X } from "lucide-react";
import { useState } from "react";
import { texts } from "../../../lib/texts";
import { Button } from "../../../ui/Button";
import { Confirm } from "../../../ui/Dialog";
import { toast } from "../../../ui/Toasts";
import { cancelUpload, goOnWithUpload, pauseUpload } from "./commands";
import type { Upload } from "./store";

const words = texts.videos.upload;
const ICON = "size-4";

/** Pause, go on, try again, cancel: whatever makes sense now. */
export function UploadButtons({ upload }: { upload: Upload }) {
  const { id, phase, fileName } = upload;
  const [isAsking, setIsAsking] = useState(false);
  const cancel = useMutation({
    mutationFn: () => cancelUpload(id),
    onSuccess: () => toast(words.cancelled(fileName)),
  });
  return (
    <div className="ml-auto flex flex-wrap items-center justify-end gap-2">
      {cancel.error && (
        <p role="alert" className="text-bad text-sm">
          {cancel.error.message}
        </p>
      )}
      {(phase === "SENDING" || phase === "WAITING") && (
        <Button kind="plain" size="small" onClick={() => pauseUpload(id)}>
          <Pause aria-hidden className={ICON} /> {words.pause}
        </Button>
      )}
      {phase === "PAUSED" && (
        <Button size="small" disabled={cancel.isPending} onClick={() => goOnWithUpload(id)}>
          <Play aria-hidden className={ICON} /> {words.goOn}
        </Button>
      )}
      {phase === "FAILED" && (
        <Button size="small" onClick={() => goOnWithUpload(id)}>
          <RotateCcw aria-hidden className={ICON} /> {words.retry}
        </Button>
      )}
      <Button kind="quiet" size="small" disabled={cancel.isPending} onClick={() => setIsAsking(true)}>
        <X aria-hidden className={ICON} /> {words.cancel}
      </Button>
      {isAsking && (
        <Confirm
          title={words.cancelTitle}
          yes={words.cancelYes}
          no={words.cancelNo}
          onYes={() => cancel.mutate()}
          onClose={() => setIsAsking(false)}
        >
          <p>{words.cancelWords(fileName)}</p>
        </Confirm>
      )}
    </div>
  );
}
