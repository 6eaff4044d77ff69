// Where a stream plays, and why it may not.
import { api, explain } from "../../api/client";
import { Refused } from "../../ui/refused";

/** The address of the multivariant playlist: the `open` one, or with a new token. Throws `Refused`. */
export async function playbackAddress(streamId: string, open: string | null | undefined): Promise<string> {
  if (open) return open;
  const { data, error } = await api.POST("/api/v1/streams/{streamId}/playback-token", {
    params: { path: { streamId } },
  });
  if (data) return data.playbackUrl;
  throw new Refused(inWords(error?.code) ?? explain(error));
}

function inWords(code: string | undefined): string | undefined {
  switch (code) {
    case "geo-blocked":
      return "This stream is not shown in your country.";
    case "viewer-cap-reached":
      return "The stream is full: as many people watch as may. You get in as soon as somebody leaves.";
    case "not-playable":
      return "The stream is not on air.";
    default:
      return undefined;
  }
}
