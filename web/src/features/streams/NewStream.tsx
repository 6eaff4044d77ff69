import { type FormEvent, useState } from "react";
import { api, explain, type Problem, type Stream } from "../../api/client";

type Visibility = Stream["visibility"];

/** Announces a stream. */
export function NewStream({ onCreated }: { onCreated: (id: string) => void }) {
  const [error, setError] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const fields = new FormData(form);
    setIsBusy(true);
    setError(undefined);
    const { data, error } = await api
      .POST("/api/v1/streams", {
        body: {
          title: String(fields.get("title")),
          visibility: fields.get("visibility") as Visibility,
          lowLatencyEnabled: fields.has("lowLatency"),
          recordingEnabled: fields.has("recording"),
        },
      })
      .catch(() => ({ data: undefined, error: undefined as Problem | undefined }));
    setIsBusy(false);
    if (!data) return setError(explain(error));
    form.reset();
    onCreated(data.id);
  }

  return (
    <form className="card stack" aria-label="Go live" onSubmit={submit}>
      <h2>Go live</h2>
      <label>
        Title of the stream
        <input name="title" required maxLength={140} />
      </label>
      <details>
        <summary>Settings</summary>
        <div className="stack">
          <label>
            Who finds it
            <select name="visibility">
              <option value="PUBLIC">Everybody</option>
              <option value="UNLISTED">Everybody with the link</option>
              <option value="PRIVATE">Only you</option>
            </select>
          </label>
          <label className="check">
            <input type="checkbox" name="lowLatency" defaultChecked /> Low latency
          </label>
          <label className="check">
            <input type="checkbox" name="recording" defaultChecked /> Keep it as a video
          </label>
        </div>
      </details>
      {error && (
        <p className="error" role="alert">
          {error}
        </p>
      )}
      <button type="submit" className="primary" disabled={isBusy}>
        Create stream
      </button>
    </form>
  );
}
