import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, type Stream } from "../../../api/client";
import { dataOf } from "../../../api/query";
import { texts } from "../../../lib/texts";
import { Button } from "../../../ui/Button";
import { Confirm } from "../../../ui/Dialog";
import { toast } from "../../../ui/Toasts";

const words = texts.broadcast;

/** States in which nothing goes on. */
const AT_REST = ["CREATED", "STOPPED", "ARCHIVED", "FAILED"];

/** Takes a stream away that is at rest. */
export function DeleteStream({ stream }: { stream: Stream }) {
  const [isAsking, setIsAsking] = useState(false);
  const client = useQueryClient();
  const navigate = useNavigate();
  const deleting = useMutation<void, Error>({
    mutationFn: async () => {
      const params = { path: { streamId: stream.id } };
      await dataOf(api.DELETE("/api/v1/streams/{streamId}", { params }));
    },
    onSuccess: async () => {
      toast(words.deleted);
      await navigate({ to: "/streams" });
      client.removeQueries({ queryKey: ["stream", stream.id] });
      await client.invalidateQueries({ queryKey: ["streams"] });
    },
  });
  if (!AT_REST.includes(stream.state)) return null;
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Button kind="danger" disabled={deleting.isPending} onClick={() => setIsAsking(true)}>
        {words.delete}
      </Button>
      {deleting.error && (
        <p role="alert" className="text-bad">
          {deleting.error.message}
        </p>
      )}
      {isAsking && (
        <Confirm
          title={words.deleteTitle}
          yes={words.deleteYes}
          no={words.deleteNo}
          onYes={() => deleting.mutate()}
          onClose={() => setIsAsking(false)}
        >
          <p>{words.deleteWords}</p>
        </Confirm>
      )}
    </div>
  );
}
