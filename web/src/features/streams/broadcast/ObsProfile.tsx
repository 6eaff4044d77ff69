import { useMutation } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { api } from "../../../api/client";
import { type ApiError, dataOf } from "../../../api/query";
import { texts } from "../../../lib/texts";
import { Button } from "../../../ui/Button";
import { folderOf, obsZip } from "./obs";
import { revealKey } from "./useStreamKey";

const { obs } = texts.broadcast;

/** Gives the browser a file to keep. */
function save(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The download has its own hold on the bytes by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Everything OBS needs as one file. The key is fetched when it is asked for. */
export function ObsProfile({ channelId }: { channelId: string }) {
  const making = useMutation<string, ApiError | Error>({
    mutationFn: async () => {
      const params = { path: { channelId } };
      const channel = await dataOf(api.GET("/api/v1/channels/{channelId}", { params }));
      const profile = obs.profile(channel.name);
      const { streamKey, ingestUrl } = await revealKey(channelId);
      const folder = folderOf(profile);
      save(await obsZip({ profile, server: ingestUrl, key: streamKey }), `${folder}.zip`);
      return folder;
    },
  });
  return (
    <div className="flex flex-col gap-3 border-line border-t pt-4">
      <h3 className="font-semibold">{obs.title}</h3>
      <p>{obs.words}</p>
      <p className="text-quiet text-sm">{obs.secret}</p>
      <div className="flex flex-wrap items-center gap-3">
        <Button kind="plain" disabled={making.isPending} onClick={() => making.mutate()}>
          <Download aria-hidden className="size-4" />
          {making.isPending ? obs.downloading : obs.download}
        </Button>
        {making.error && (
          <p role="alert" className="text-bad">
            {making.error.message}
          </p>
        )}
      </div>
      <details open={making.isSuccess}>
        <summary className="w-fit font-medium">{obs.how}</summary>
        <ol className="mt-2 flex list-decimal flex-col gap-1 pl-6">
          {obs.steps(making.data ?? "Skylark").map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
      </details>
    </div>
  );
}
