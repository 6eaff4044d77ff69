import { useEffect, useState } from "react";
import { api, explain } from "../../api/client";
import { CopyButton } from "../../ui/CopyButton";
import { Dialog } from "../../ui/Dialog";

type Shown = { ingestUrl: string; masked: string };

/** What an encoder needs: the server and the key. The key is fetched only when it is asked for. */
export function StreamKey({ channelId, isLive }: { channelId: string; isLive: boolean }) {
  const [shown, setShown] = useState<Shown>();
  const [key, setKey] = useState<string>();
  const [isAsking, setIsAsking] = useState(false);
  const [said, setSaid] = useState<string>();
  const [error, setError] = useState<string>();

  useEffect(() => {
    const control = new AbortController();
    api
      .GET("/api/v1/channels/{channelId}/stream-key", {
        params: { path: { channelId } },
        signal: control.signal,
      })
      .then(({ data, error }) => (data ? setShown(data) : setError(explain(error))))
      .catch(() => control.signal.aborted || setError(explain(undefined)));
    return () => control.abort();
  }, [channelId]);

  async function fetchKey(): Promise<string | undefined> {
    setError(undefined);
    const { data, error } = await api
      .POST("/api/v1/channels/{channelId}/stream-key/reveal", { params: { path: { channelId } } })
      .catch(() => ({ data: undefined, error: undefined }));
    if (!data) setError(explain(error));
    return data?.streamKey;
  }

  async function reset() {
    setError(undefined);
    const { data, error } = await api
      .POST("/api/v1/channels/{channelId}/stream-key/reset", { params: { path: { channelId } } })
      .catch(() => ({ data: undefined, error: undefined }));
    if (!data) return setError(explain(error));
    setKey(undefined);
    setShown({ ingestUrl: data.ingestUrl, masked: `sk_****...${data.streamKey.slice(-4)}` });
    setSaid("The key is new. Give it to your encoder.");
  }

  if (!shown) return error ? <p className="error">{error}</p> : null;
  return (
    <section className="stack" aria-label="Encoder">
      <p className="quiet">In OBS: Settings, Stream, Service "Custom". Then press "Start Streaming".</p>
      <div className="secret">
        <span>Server</span>
        <code>{shown.ingestUrl}</code>
        <CopyButton name="server" value={async () => shown.ingestUrl} />
      </div>
      <div className="secret">
        <span>Stream key</span>
        <code data-testid="stream-key">{key ?? shown.masked}</code>
        <button
          type="button"
          aria-label={key ? "Hide the stream key" : "Reveal the stream key"}
          onClick={async () => setKey(key ? undefined : await fetchKey())}
        >
          {key ? "Hide" : "Reveal"}
        </button>
        <CopyButton name="stream key" value={async () => key ?? (await fetchKey())} />
        <button type="button" aria-label="Reset the stream key" onClick={() => setIsAsking(true)}>
          Reset
        </button>
      </div>
      <p role="status">{said}</p>
      {error && (
        <p className="error" role="alert">
          {error}
        </p>
      )}
      {isAsking && (
        <Dialog title="Reset the stream key?" onClose={() => setIsAsking(false)}>
          <p>
            The key of now stops working at once
            {isLive && ", and your encoder, which is sending, is cut off"}. You give the new one to your
            encoder.
          </p>
          <form method="dialog" className="row">
            <button type="submit">Keep it</button>
            <button type="submit" className="primary" onClick={reset}>
              Reset the key
            </button>
          </form>
        </Dialog>
      )}
    </section>
  );
}
