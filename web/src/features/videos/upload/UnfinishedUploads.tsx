import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useRef, useState } from "react";
import { formatBytes } from "../../../lib/format";
import { texts } from "../../../lib/texts";
import { Button } from "../../../ui/Button";
import { Card } from "../../../ui/Card";
import { Failure } from "../../../ui/States";
import { discard, enqueue } from "./commands";
import { ACCEPT } from "./kinds";
import { isSameFile } from "./memory";
import { type Unfinished, useUnfinished } from "./useUnfinished";

const words = texts.videos.upload;

/** The uploads that a reload, a crash or another day has cut off. */
export function UnfinishedUploads() {
  const id = useId();
  const { data, error, refetch } = useUnfinished();
  if (error) return <Failure error={error} onRetry={() => refetch()} />;
  if (!data?.length) return null;
  return (
    <Card aria-labelledby={id}>
      <div className="flex flex-col gap-1">
        <h2 id={id} className="font-semibold text-lg">
          {words.unfinished}
        </h2>
        <p className="text-quiet text-sm">{words.unfinishedWords}</p>
      </div>
      <ul className="flex flex-col gap-4">
        {data.map((one) => (
          <li key={one.record.id}>
            <Left {...one} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Left({ record, percent }: Unfinished) {
  const { fileName, fileSize } = record.body;
  const size = formatBytes(fileSize);
  const input = useRef<HTMLInputElement>(null);
  const [refusal, setRefusal] = useState<string>();
  const client = useQueryClient();
  const drop = useMutation({
    mutationFn: () => discard(record),
    onSuccess: () => client.invalidateQueries({ queryKey: ["unfinished"] }),
  });

  function choose(file: File | undefined) {
    if (!file) return;
    if (isSameFile(record, file)) enqueue(record, file);
    else setRefusal(words.otherFile(fileName, size));
  }

  return (
    <div className="flex flex-wrap items-center justify-between gap-3">
      <div>
        <p className="font-semibold [overflow-wrap:anywhere]">{fileName}</p>
        <p className="text-quiet text-sm tabular-nums">
          {size} · {words.hasCome(percent)}
        </p>
      </div>
      <div className="flex flex-wrap gap-2">
        <Button size="small" aria-label={words.chooseAgain(fileName)} onClick={() => input.current?.click()}>
          {words.goOn}
        </Button>
        <Button
          kind="quiet"
          size="small"
          aria-label={words.dropOne(fileName)}
          disabled={drop.isPending}
          onClick={() => drop.mutate()}
        >
          {words.remove}
        </Button>
      </div>
      <input
        ref={input}
        type="file"
        hidden
        accept={ACCEPT}
        aria-label={words.chooseAgain(fileName)}
        onChange={(event) => {
          choose(event.target.files?.[0]);
          event.target.value = "";
        }}
      />
      {(refusal ?? drop.error) && (
        <p role="alert" className="w-full text-bad text-sm">
          {refusal ?? drop.error?.message}
        </p>
      )}
    </div>
  );
}
