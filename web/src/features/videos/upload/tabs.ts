// Which uploads a tab is busy with. Locks end with their tab, however it ends.

const PREFIX = "skylark.upload.";

/** Takes upload `id` for this tab; answers what gives it back, or null when another tab has it. */
export function hold(id: string): Promise<(() => void) | null> {
  return new Promise((resolve, reject) => {
    const held = navigator.locks.request(PREFIX + id, { ifAvailable: true }, (lock) => {
      if (!lock) return resolve(null);
      return new Promise<void>((release) => resolve(release));
    });
    held.catch(reject);
  });
}

/** The ids of uploads that some tab is busy with. */
export async function heldUploads(): Promise<Set<string>> {
  const { held = [] } = await navigator.locks.query();
  const names = held.map(({ name }) => name ?? "").filter((name) => name.startsWith(PREFIX));
  return new Set(names.map((name) => name.slice(PREFIX.length)));
}
