import { useParams } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import type { Stream } from "../api/client";
import { useLookAgain, useStream } from "../api/streams";
import { StreamInfo } from "../features/streams/StreamInfo";
import { embedCode } from "../features/videos/detail/share";
import { texts } from "../lib/texts";
import { ButtonLink } from "../ui/Button";
import { ErrorBoundary } from "../ui/ErrorBoundary";
import { Page, useTitle } from "../ui/Page";
import { ShareButton } from "../ui/ShareButton";
import { Empty, Failure, Loading } from "../ui/States";
import { useAhead } from "../ui/useAhead";

const ChatPanel = lazy(() => import("../features/chat/ChatPanel"));
const loadPlayer = () => import("../features/player/LivePlayer");
const LivePlayer = lazy(loadPlayer);
const words = texts.player.page;

/** A stream: the picture, who it is by, and its chat. */
export default function StreamDetailPage() {
  const { streamId = "" } = useParams({ strict: false });
  const { data, error, refetch } = useStream(streamId);
  useAhead(loadPlayer);
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
  const [viewers, setViewers] = useState<number>();
  const { id, isOwner } = stream;
  const lines = [
    { name: words.link, value: `${location.origin}/live/${id}` },
    { name: words.embed, value: embedCode(location.origin, stream) },
  ];
  return (
    <div className="group/watch mx-auto grid max-w-[120rem] has-[[data-theatre]]:max-w-none lg:grid-cols-[minmax(0,1fr)_23rem] lg:grid-rows-[auto_auto_1fr] lg:gap-x-4 lg:p-4 lg:has-[[data-theatre]]:p-0">
      <div className="sticky top-14 z-20 min-w-0 overflow-hidden bg-black lg:static lg:rounded-xl lg:group-has-[[data-theatre]]/watch:col-span-2 lg:group-has-[[data-theatre]]/watch:rounded-none">
        <Suspense fallback={<div className="aspect-video max-h-[calc(100dvh-9rem)]" />}>
          <LivePlayer stream={stream} />
        </Suspense>
      </div>
      <div className="min-w-0 p-4 lg:px-1 lg:group-has-[[data-theatre]]/watch:px-4">
        <StreamInfo stream={stream} viewers={viewers ?? stream.viewerCount}>
          <ShareButton words={words.share} title={words.shareTitle} lines={lines} />
          {isOwner && (
            <ButtonLink to="/streams/$streamId/broadcast" params={{ streamId: id }} size="small">
              {words.manage}
            </ButtonLink>
          )}
        </StreamInfo>
      </div>
      <div className="min-w-0 px-2 lg:sticky lg:top-18 lg:col-start-2 lg:row-span-3 lg:row-start-1 lg:self-start lg:px-0 lg:group-has-[[data-theatre]]/watch:row-span-2 lg:group-has-[[data-theatre]]/watch:row-start-2 lg:group-has-[[data-theatre]]/watch:p-4 lg:group-has-[[data-theatre]]/watch:pl-0">
        <ErrorBoundary fallback={<p role="alert">{words.chatFailed}</p>}>
          <Suspense fallback={<Loading />}>
            <ChatPanel stream={stream} isOwner={isOwner} onViewers={setViewers} onStatus={lookAgain} />
          </Suspense>
        </ErrorBoundary>
      </div>
      {stream.description && (
        <p className="m-4 max-w-prose whitespace-pre-wrap rounded-xl bg-card p-4 [overflow-wrap:anywhere] lg:col-start-1 lg:mx-1 lg:self-start lg:group-has-[[data-theatre]]/watch:mx-4">
          {stream.description}
        </p>
      )}
    </div>
  );
}
