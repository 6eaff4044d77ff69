import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Video } from "../../../api/client";
import { answerOf, dataOf } from "../../../api/query";
import { keep } from "../words";

/** Sets and removes the captions of a video. */
export function useCaptions({ id }: Video) {
  const client = useQueryClient();
  const set = useMutation({
    mutationFn: async ({ lang, text }: { lang: string; text: string }) => {
      const asked = api.PUT("/api/v1/videos/{videoId}/captions/{lang}", {
        params: { path: { videoId: id, lang } },
        body: text,
        bodySerializer: (body) => body,
        headers: { "content-type": "text/vtt" },
      });
      const { data, response } = await answerOf(asked);
      keep({ video: data, etag: response.headers.get("ETag") ?? "*" });
    },
  });
  const remove = useMutation({
    mutationFn: (lang: string) => {
      const params = { path: { videoId: id, lang } };
      return dataOf(api.DELETE("/api/v1/videos/{videoId}/captions/{lang}", { params }));
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ["video", id] }),
  });
  return { set, remove };
}
