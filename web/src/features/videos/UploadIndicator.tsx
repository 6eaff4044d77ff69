import { Link } from "@tanstack/react-router";
import { CloudUpload } from "lucide-react";
import { useEffect } from "react";
import { useSession } from "../../lib/session";
import { texts } from "../../lib/texts";
import { allUploads, type Upload, useUploads } from "./upload/store";

const words = texts.common.uploads;

/** In the header of every page: how far the uploads are, with the way to them. */
export function UploadIndicator() {
  const userId = useSession()?.userId;
  useEffect(() => {
    // Whoever has signed out sends nothing any more.
    if (allUploads().some((upload) => upload.userId !== userId)) {
      void import("./upload/commands").then(({ endUploadsOfOthers }) => endUploadsOfOthers(userId));
    }
  }, [userId]);
  const uploads = useUploads().filter(({ phase }) => phase !== "SENT");
  if (!uploads.length) return null;
  return (
    <Link
      to="/videos/upload"
      className="flex items-center gap-2 rounded-full border border-line px-3 py-1 text-sm tabular-nums hover:bg-raised"
    >
      <CloudUpload aria-hidden className="size-4" />
      <span className="max-sm:sr-only">{summary(uploads)}</span>
    </Link>
  );
}

function summary(uploads: readonly Upload[]): string {
  const has = (phase: Upload["phase"]) => uploads.some((upload) => upload.phase === phase);
  if (has("SENDING") || has("QUEUED")) {
    const sum = (part: "sent" | "fileSize") => uploads.reduce((all, upload) => all + upload[part], 0);
    return words.sending(Math.floor((sum("sent") / sum("fileSize")) * 100));
  }
  if (has("WAITING")) return words.waiting;
  return has("PAUSED") ? words.paused : words.failed;
}
