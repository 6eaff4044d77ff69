import { useEffect, useState } from "react";
import { api, type Video } from "../../api/client";

/** Milliseconds between two looks at a video that is not at its end. */
const INTERVAL = 1000;

/** A video, kept fresh until it is READY or FAILED. */
export function useVideo(id: string | undefined): { video: Video | undefined; isMissing: boolean } {
  const [video, setVideo] = useState<Video>();
  const [isMissing, setIsMissing] = useState(false);
  useEffect(() => {
    setVideo(undefined);
    setIsMissing(false);
    if (!id) return;
    const control = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    async function look(videoId: string) {
      const { data, response } = await api
        .GET("/api/v1/videos/{videoId}", { params: { path: { videoId } }, signal: control.signal })
        // The connection broke: look again.
        .catch(() => ({ data: undefined, response: undefined }));
      if (control.signal.aborted) return;
      if (data) setVideo(data);
      if (response?.status === 404) setIsMissing(true);
      else if (!data || data.status === "UPLOADING" || data.status === "PROCESSING") {
        timer = setTimeout(look, INTERVAL, videoId);
      }
    }
    look(id);
    return () => {
      control.abort();
      clearTimeout(timer);
    };
  }, [id]);
  return { video: video?.id === id ? video : undefined, isMissing };
}
