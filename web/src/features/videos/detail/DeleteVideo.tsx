import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { api, type Video } from "../../../api/client";
import { dataOf } from "../../../api/query";
import { texts } from "../../../lib/texts";
import { Button } from "../../../ui/Button";
import { Confirm } from "../../../ui/Dialog";
import { toast } from "../../../ui/Toasts";

const words = texts.videos.remove;

/** Deletes a video, after asking. */
export function DeleteVideo({ video }: { video: Video }) {
  const [isAsking, setIsAsking] = useState(false);
  const navigate = useNavigate();
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => {
      const params = { path: { videoId: video.id } };
      return dataOf(api.DELETE("/api/v1/videos/{videoId}", { params }));
    },
    onSuccess: async () => {
      toast(words.done(video.title));
      void client.invalidateQueries({ queryKey: ["videos"] });
      await navigate({ to: "/videos" });
      client.removeQueries({ queryKey: ["video", video.id] });
    },
  });
  return (
    <>
      <Button
        kind="danger"
        size="small"
        // It cannot be deleted while it is being made.
        disabled={remove.isPending || video.status === "PROCESSING"}
        title={video.status === "PROCESSING" ? words.later : undefined}
        onClick={() => setIsAsking(true)}
      >
        <Trash2 aria-hidden className="size-4" /> {words.action}
      </Button>
      {remove.error && (
        <p role="alert" className="w-full text-bad text-sm">
          {remove.error.message}
        </p>
      )}
      {isAsking && (
        <Confirm
          title={words.title}
          yes={words.yes}
          no={words.no}
          onYes={() => remove.mutate()}
          onClose={() => setIsAsking(false)}
        >
          <p className="[overflow-wrap:anywhere]">{words.words(video.title)}</p>
        </Confirm>
      )}
    </>
  );
}
