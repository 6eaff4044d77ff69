import { useQuery } from "@tanstack/react-query";
import { api } from "../../../api/client";
import { ApiError, dataOf } from "../../../api/query";
import { useSession } from "../../../lib/session";
import { forget, type Remembered, rememberedOf } from "./memory";
import { useUploads } from "./store";
import { heldUploads } from "./tabs";

/** An upload that was left, and how many percent of it have come. */
export type Unfinished = { record: Remembered; percent: number };

/** What the person has left unfinished in this browser, and no tab is busy with. */
export function useUnfinished() {
  const userId = useSession()?.userId;
  const here = useUploads().map(({ id }) => id);
  return useQuery({
    queryKey: ["unfinished", userId, here],
    enabled: userId !== undefined,
    queryFn: async () => {
      const held = await heldUploads();
      const left = rememberedOf(userId ?? "").filter(({ id }) => !held.has(id) && !here.includes(id));
      return (await Promise.all(left.map(look))).filter((one) => one !== undefined);
    },
  });
}

async function look(record: Remembered): Promise<Unfinished | undefined> {
  const { uploadId } = record;
  // Its announcement was not answered: announcing it again finds out.
  if (!uploadId) return { record, percent: 0 };
  try {
    const state = await dataOf(api.GET("/api/v1/uploads/{uploadId}", { params: { path: { uploadId } } }));
    if (state.status !== "WAITING" && state.status !== "UPLOADING") {
      forget(record.id);
      return undefined;
    }
    const bytes = state.receivedParts.reduce((sum, { size }) => sum + size, 0);
    return { record, percent: Math.floor((bytes / state.fileSize) * 100) };
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
    forget(record.id);
    return undefined;
  }
}
