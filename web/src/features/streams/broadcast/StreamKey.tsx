import { type ReactNode, useId, useState } from "react";
import { texts } from "../../../lib/texts";
import { Button } from "../../../ui/Button";
import { Card } from "../../../ui/Card";
import { CopyButton } from "../../../ui/CopyButton";
import { Confirm } from "../../../ui/Dialog";
import { Failure, Loading } from "../../../ui/States";
import { toast } from "../../../ui/Toasts";
import { ObsProfile } from "./ObsProfile";
import { revealKey, useStreamKey } from "./useStreamKey";

const { key: words } = texts.broadcast;

type Props = { channelId: string; isSending: boolean };

/** What an encoder needs: the server and the key. The whole key is in the page only while it is shown. */
export function StreamKey({ channelId, isSending }: Props) {
  const { masked, key, secondsLeft, reveal, reset, hide } = useStreamKey(channelId);
  const [isAsking, setIsAsking] = useState(false);
  const [copyFailure, setCopyFailure] = useState<string>();
  const title = useId();

  if (masked.isPending) return <Loading />;
  if (masked.isError) return <Failure error={masked.error} onRetry={() => masked.refetch()} />;
  const { ingestUrl } = masked.data;

  /** The whole key in `around`, for the clipboard; undefined when it cannot be had. */
  async function copied(around: (key: string) => string): Promise<string | undefined> {
    setCopyFailure(undefined);
    try {
      return around(key ?? (await revealKey(channelId)).streamKey);
    } catch (error) {
      setCopyFailure((error as Error).message);
      return undefined;
    }
  }

  const failure = reveal.error?.message ?? reset.error?.message ?? copyFailure;
  return (
    <Card aria-labelledby={title}>
      <h2 id={title} className="font-bold text-lg">
        {words.title}
      </h2>
      <p className="text-quiet">{words.words}</p>
      <Row name={words.server} value={ingestUrl}>
        <CopyButton name={words.serverName} value={() => ingestUrl} />
      </Row>
      <Row name={words.key} value={key ?? masked.data.masked} testId="stream-key">
        <Button
          kind="plain"
          aria-label={key ? words.hideLabel : words.revealLabel}
          disabled={reveal.isPending}
          onClick={() => (key ? hide() : reveal.mutate())}
        >
          {key ? words.hide : words.reveal}
        </Button>
        <CopyButton name={words.keyName} value={() => copied((key) => key)} />
        <Button kind="plain" aria-label={words.resetLabel} onClick={() => setIsAsking(true)}>
          {words.reset}
        </Button>
      </Row>
      <Row name={words.url} value={`${ingestUrl}${key ?? masked.data.masked}`}>
        <CopyButton name={words.urlName} value={() => copied((key) => `${ingestUrl}${key}`)} />
      </Row>
      {failure && (
        <p role="alert" className="text-bad">
          {failure}
        </p>
      )}
      <p className="text-quiet text-sm">
        {words.secret} {key && <span className="tabular-nums">{words.hides(secondsLeft)}</span>}
      </p>
      <ObsProfile channelId={channelId} />
      {isAsking && (
        <Confirm
          title={words.resetTitle}
          yes={words.resetYes}
          no={words.resetNo}
          onYes={() => reset.mutate(undefined, { onSuccess: () => toast(words.resetDone) })}
          onClose={() => setIsAsking(false)}
        >
          <p>
            {words.resetWords} {isSending && words.resetCuts}
          </p>
        </Confirm>
      )}
    </Card>
  );
}

type RowProps = { name: string; value: string; testId?: string; children: ReactNode };

function Row({ name, value, testId, children }: RowProps) {
  return (
    <div className="flex flex-col gap-1.5">
      <span className="font-medium text-sm">{name}</span>
      <div className="flex flex-wrap items-stretch gap-2">
        <code
          data-testid={testId}
          className="min-w-0 flex-1 basis-56 rounded-lg border border-line bg-ground px-3 py-2 text-sm [overflow-wrap:anywhere]"
        >
          {value}
        </code>
        {children}
      </div>
    </div>
  );
}
