import { useMutation } from "@tanstack/react-query";
import { Image } from "lucide-react";
import { useState } from "react";
import { api, type Video } from "../../../api/client";
import { answerOf } from "../../../api/query";
import { formatDuration } from "../../../lib/format";
import { texts } from "../../../lib/texts";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { toast } from "../../../ui/Toasts";
import { keep } from "../words";

const words = texts.videos.poster;

/** Chooses which of its pictures stands for a video. */
export function PosterChoice({ video }: { video: Video }) {
  const [isOpen, setIsOpen] = useState(false);
  const choose = useMutation({
    mutationFn: async (thumbnail: number) => {
      const params = { path: { videoId: video.id } };
      const asked = api.PUT("/api/v1/videos/{videoId}/poster", { params, body: { thumbnail } });
      const { data, response } = await answerOf(asked);
      keep({ video: data, etag: response.headers.get("ETag") ?? "*" });
    },
    onSuccess: () => {
      setIsOpen(false);
      toast(words.chosen);
    },
  });
  return (
    <>
      <Button kind="plain" size="small" onClick={() => setIsOpen(true)}>
        <Image aria-hidden className="size-4" /> {words.action}
      </Button>
      {isOpen && (
        <Dialog title={words.title} onClose={() => setIsOpen(false)}>
          <p className="text-quiet text-sm">{words.hint}</p>
          <ul className="grid grid-cols-2 gap-3 sm:grid-cols-3">
            {video.thumbnails.map(({ url, atMs }, number) => (
              <li key={atMs}>
                <button
                  type="button"
                  aria-label={words.at(formatDuration(atMs))}
                  disabled={choose.isPending}
                  onClick={() => choose.mutate(number)}
                  className="relative block w-full overflow-hidden rounded-lg border-2 border-transparent hover:border-accent disabled:opacity-55"
                >
                  <img src={url} alt="" className="aspect-video w-full object-cover" />
                  <span className="absolute right-1 bottom-1 rounded bg-black/80 px-1 text-white text-xs tabular-nums">
                    {formatDuration(atMs)}
                  </span>
                </button>
              </li>
            ))}
          </ul>
          {choose.error && (
            <p role="alert" className="text-bad">
              {choose.error.message}
            </p>
          )}
          <form method="dialog" className="flex justify-end">
            <Button type="submit" kind="plain">
              {texts.common.close}
            </Button>
          </form>
        </Dialog>
      )}
    </>
  );
}
