// Where a stream plays, and why it may not.
import { api } from "../../api/client";
import { ApiError, dataOf } from "../../api/query";
import { texts } from "../../lib/texts";
import { Refused } from "./refused";

/** The address of the multivariant playlist: the `open` one, or with a new token. Throws `Refused`. */
export async function playbackAddress(streamId: string, open: string | null | undefined): Promise<string> {
  if (open) return open;
  try {
    const path = { streamId };
    const token = await dataOf(api.POST("/api/v1/streams/{streamId}/playback-token", { params: { path } }));
    return token.playbackUrl;
  } catch (error) {
    if (error instanceof ApiError) throw new Refused(inWords(error.code) ?? error.message);
    throw error;
  }
}

function inWords(code: string | undefined): string | undefined {
  switch (code) {
    case "geo-blocked":
      return texts.player.geoBlocked;
    case "viewer-cap-reached":
      return texts.player.full;
    case "not-playable":
      return texts.player.notOnAir;
    default:
      return undefined;
  }
}
