import { type DragEvent, type FormEvent, useRef, useState } from "react";
import { formatBytes } from "../../lib/format";
import { Progress } from "../../ui/Progress";
import { upload } from "./upload";

type Sending = { sent: number; size: number; control: AbortController };

/** Takes a file and a title, and sends it. */
export function Uploader({ onUploaded }: { onUploaded: (videoId: string) => void }) {
  const [file, setFile] = useState<File>();
  const [title, setTitle] = useState("");
  const [sending, setSending] = useState<Sending>();
  const [error, setError] = useState<string>();
  const [isOver, setIsOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);

  function choose(chosen: File | undefined) {
    if (!chosen) return;
    setFile(chosen);
    setError(undefined);
    setTitle((title) => title || chosen.name.replace(/\.[^.]+$/, "").slice(0, 140));
  }

  function drop(event: DragEvent) {
    event.preventDefault();
    setIsOver(false);
    if (!sending) choose(event.dataTransfer.files[0]);
  }

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (!file) return;
    const control = new AbortController();
    const size = file.size;
    setSending({ sent: 0, size, control });
    setError(undefined);
    try {
      const onProgress = (sent: number) => setSending({ sent, size, control });
      onUploaded(await upload({ file, title, onProgress, signal: control.signal }));
      setFile(undefined);
      setTitle("");
    } catch (error) {
      if (!control.signal.aborted) setError(error instanceof Error ? error.message : String(error));
    } finally {
      setSending(undefined);
    }
  }

  return (
    <form className="card stack" onSubmit={submit}>
      <h2>Upload a video</h2>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is a second way; the button is the first */}
      <div
        className={isOver ? "drop over" : "drop"}
        onDragOver={(event) => {
          event.preventDefault();
          setIsOver(true);
        }}
        onDragLeave={() => setIsOver(false)}
        onDrop={drop}
      >
        {file ? (
          <p>
            <strong>{file.name}</strong> <span className="quiet">{formatBytes(file.size)}</span>
          </p>
        ) : (
          <p className="quiet">Drop a video here: MP4, MOV, MKV, WebM and others</p>
        )}
        <button type="button" disabled={Boolean(sending)} onClick={() => input.current?.click()}>
          {file ? "Choose another" : "Choose a file"}
        </button>
        <input
          ref={input}
          type="file"
          accept="video/*,.mkv,.mxf"
          hidden
          aria-label="Video file"
          onChange={(event) => choose(event.target.files?.[0])}
        />
      </div>
      <label>
        Title
        <input value={title} maxLength={140} required onChange={(event) => setTitle(event.target.value)} />
      </label>
      {error && (
        <p className="error" role="alert">
          {error}
        </p>
      )}
      {sending ? (
        <>
          <Progress
            label={`Uploading: ${formatBytes(sending.sent)} of ${formatBytes(sending.size)}`}
            percent={(sending.sent / sending.size) * 100}
          />
          <button type="button" onClick={() => sending.control.abort(new Error("cancelled"))}>
            Cancel
          </button>
        </>
      ) : (
        <button type="submit" className="primary" disabled={!file}>
          Upload
        </button>
      )}
    </form>
  );
}
