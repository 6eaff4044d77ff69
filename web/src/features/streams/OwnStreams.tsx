import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type StreamCard } from "../../api/client";
import { dataOf } from "../../api/query";
import { texts } from "../../lib/texts";
import { Button, ButtonLink } from "../../ui/Button";
import { Confirm } from "../../ui/Dialog";
import { Empty, Failure, Loading } from "../../ui/States";
import { toast } from "../../ui/Toasts";
import { OwnStream } from "./OwnStream";

const t = texts.streams.channel;
/** Milliseconds between two looks at the list. */
const INTERVAL = 10_000;

/** All streams of the own channel, whatever their state: to go live with, or to delete. */
export function OwnStreams({ channelId }: { channelId: string }) {
  const client = useQueryClient();
  const [asked, setAsked] = useState<StreamCard>();
  const list = useInfiniteQuery({
    // Beside the other lists of streams: what changes one changes all.
    queryKey: ["streams", { channelId }],
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: 20, ...(pageParam && { cursor: pageParam }) };
      const params = { path: { channelId }, query };
      return dataOf(api.GET("/api/v1/channels/{channelId}/streams", { params, signal }));
    },
    initialPageParam: "",
    getNextPageParam: ({ nextCursor }) => nextCursor,
    select: ({ pages }) => pages.flatMap(({ items }) => items),
    refetchInterval: INTERVAL,
  });
  const removal = useMutation({
    mutationFn: ({ id }: StreamCard) =>
      dataOf(api.DELETE("/api/v1/streams/{streamId}", { params: { path: { streamId: id } } })),
    onSuccess: async (_, { title }) => {
      toast(t.removed(title));
      await client.invalidateQueries({ queryKey: ["streams"] });
    },
  });

  const { data, error } = list;
  return (
    <>
      {!data && !error && <Loading />}
      {!data && error && <Failure error={error} onRetry={() => list.refetch()} />}
      {data?.length === 0 && (
        <Empty title={t.noStreams} words={t.noStreamsWords}>
          <ButtonLink to="/streams/create">{texts.streams.create}</ButtonLink>
        </Empty>
      )}
      {data && data.length > 0 && (
        <ul className="flex flex-col divide-y divide-line">
          {data.map((stream) => (
            <OwnStream key={stream.id} stream={stream} onRemove={() => setAsked(stream)} />
          ))}
        </ul>
      )}
      {(removal.error ?? (data && error)) && (
        <p role="alert" className="text-bad">
          {(removal.error ?? error)?.message}
        </p>
      )}
      {list.hasNextPage && (
        <Button kind="plain" disabled={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
          {texts.common.showMore}
        </Button>
      )}
      {asked && (
        <Confirm
          title={t.removeTitle}
          yes={t.remove}
          no={texts.common.cancel}
          onYes={() => removal.mutate(asked)}
          onClose={() => setAsked(undefined)}
        >
          <p className="[overflow-wrap:anywhere]">{t.removeWords(asked.title)}</p>
        </Confirm>
      )}
    </>
  );
}
