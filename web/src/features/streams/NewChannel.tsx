import { useMutation } from "@tanstack/react-query";
import { useRef } from "react";
import { api } from "../../api/client";
import { answerOf } from "../../api/query";
import { texts } from "../../lib/texts";
import { Button } from "../../ui/Button";
import { Empty } from "../../ui/States";
import { type Known, knownOf } from "./useChannel";

const t = texts.streams.channel;

type Props = {
  /** What the channel is called at first. */
  name: string;
  onMade: (known: Known) => void;
};

/** Says what a channel is to who has none, and makes it. */
export function NewChannel({ name, onMade }: Props) {
  const key = useRef(crypto.randomUUID());
  const making = useMutation({
    mutationFn: () => {
      const params = { header: { "Idempotency-Key": key.current } };
      return knownOf(answerOf(api.POST("/api/v1/channels", { params, body: { name } })));
    },
    onSuccess: onMade,
  });
  return (
    <Empty title={t.none} words={t.noneWords}>
      {making.error && (
        <p role="alert" className="text-bad">
          {making.error.message}
        </p>
      )}
      <Button onClick={() => making.mutate()} aria-disabled={making.isPending || undefined}>
        {t.make}
      </Button>
    </Empty>
  );
}
