import { useParams } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import type { Stream } from "../api/client";
import { useLookAgain, useStream } from "../api/streams";
import { formatAge } from "../lib/format";
import { texts } from "../lib/texts";
import { ButtonLink } from "../ui/Button";
import { Page, useTitle } from "../ui/Page";
import { Empty, Failure, Loading } from "../ui/States";
import { StatusBadge } from "../ui/StatusBadge";

const ChatPanel = lazy(() => import("../features/chat/ChatPanel"));
const LivePlayer = lazy(() => import("../features/player/LivePlayer"));
const words = texts.player.page;

/** A stream: the picture, who it is by, and its chat. */
export default function StreamDetailPage() {
  const { streamId = "" } = useParams({ strict: false });
  const { data, error, refetch } = useStream(streamId);
  if (data) return <Watch stream={data.stream} />;
  if (!error) return <Loading words={words.loading} />;
  const isMissing = error.status === 404 || error.status === 403 || error.status === 400;
  return (
    <Page title={isMissing ? words.missing : texts.common.site} hideTitle>
      {isMissing ? (
        <Empty title={words.missing} words={words.missingWords}>
          <ButtonLink to="/streams">{words.toStreams}</ButtonLink>
        </Empty>
      ) : (
        <Failure error={error} onRetry={refetch} />
      )}
    </Page>
  );
}

function Watch({ stream }: { stream: Stream }) {
  useTitle(stream.title);
  const lookAgain = useLookAgain(stream.id);
  return (
    <div className="group mx-auto grid max-w-[120rem] lg:grid-cols-[minmax(0,1fr)_23rem] lg:grid-rows-[auto_1fr]">
      <div className="sticky top-14 z-20 bg-black lg:static">
        <Suspense fallback={<div className="aspect-video" />}>
          <LivePlayer stream={stream} />
        </Suspense>
      </div>
      <div className="flex flex-col gap-3 p-4">
        <h1 className="font-bold text-xl [overflow-wrap:anywhere]">{stream.title}</h1>
        <p className="flex items-center gap-2 text-quiet">
          <span role="status">
            <StatusBadge status={stream.status} />
          </span>
          {stream.startedAt && words.started(formatAge(stream.startedAt))}
        </p>
        {stream.description && <p className="whitespace-pre-wrap">{stream.description}</p>}
      </div>
      <div className="p-2 lg:col-start-2 lg:row-span-2 lg:row-start-1 lg:pl-0">
        <Suspense fallback={<Loading />}>
          <ChatPanel stream={stream} isOwner={stream.isOwner} onStatus={lookAgain} />
        </Suspense>
      </div>
    </div>
  );
}
