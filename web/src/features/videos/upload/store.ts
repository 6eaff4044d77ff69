// The uploads of this page's life: they go on whichever page of the app is shown.
import { useSyncExternalStore } from "react";
import { useSession } from "../../../lib/session";

/**
 * QUEUED waits for its turn, SENDING sends, PAUSED was stopped by the person, WAITING has lost the connection and goes on by
 * itself, SENT has come whole, FAILED was refused.
 */
export type Phase = "QUEUED" | "SENDING" | "PAUSED" | "WAITING" | "SENT" | "FAILED";

export type Upload = {
  readonly id: string;
  readonly userId: string;
  readonly fileName: string;
  /** Bytes. */
  readonly fileSize: number;
  readonly phase: Phase;
  /** Bytes that have come. */
  readonly sent: number;
  /** Bytes a second; null while it is not known. */
  readonly rate: number | null;
  /** The video it becomes; null before it was announced. */
  readonly videoId: string | null;
  /** Why it FAILED, in one sentence. */
  readonly problem: string | null;
};

let uploads: readonly Upload[] = [];
const listeners = new Set<() => void>();

function show(changed: readonly Upload[]): void {
  uploads = changed;
  for (const listener of listeners) listener();
}

export function allUploads(): readonly Upload[] {
  return uploads;
}

export function addUpload(upload: Upload): void {
  show([...uploads, upload]);
}

export function changeUpload(id: string, change: Partial<Upload>): void {
  show(uploads.map((upload) => (upload.id === id ? { ...upload, ...change } : upload)));
}

export function removeUpload(id: string): void {
  show(uploads.filter((upload) => upload.id !== id));
}

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The uploads of whoever is signed in, the first first. */
export function useUploads(): readonly Upload[] {
  const userId = useSession()?.userId;
  return useSyncExternalStore(subscribe, allUploads).filter((upload) => upload.userId === userId);
}

/** Whether it still needs this page. */
export function isUnfinished({ phase }: Upload): boolean {
  return phase !== "SENT" && phase !== "FAILED";
}
