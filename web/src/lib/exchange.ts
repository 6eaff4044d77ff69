// The last exchange of a refresh token, where all tabs see it at once. localStorage is not such a place: what one tab
// writes may reach another later than a lock that was released after it, and a token used twice ends the session.
import type { Session } from "./session";

const [DATABASE, STORE, KEY] = ["skylark", "exchange", "last"];

/** The refresh token that was spent, and what came for it. */
type Exchange = { spent: string; session: Session };

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** One request in a transaction of its own, done when it lasts. */
async function within<T>(
  mode: IDBTransactionMode,
  ask: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = ask(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

/** What came for the refresh token `spent`, when it was exchanged last. */
export async function exchangedFor(spent: string): Promise<Session | undefined> {
  try {
    const last = await within<Exchange | undefined>("readonly", (store) => store.get(KEY));
    return last?.spent === spent ? last.session : undefined;
  } catch {
    // Where storage is forbidden, each tab has a session of its own.
    return undefined;
  }
}

/** Keeps what came for a refresh token. */
export async function noteExchange(exchange: Exchange): Promise<void> {
  // As above: without storage nobody else asks.
  await within("readwrite", (store) => store.put(exchange, KEY)).catch(() => undefined);
}

/** Forgets it with the session. */
export async function forgetExchange(): Promise<void> {
  await within("readwrite", (store) => store.delete(KEY)).catch(() => undefined);
}
