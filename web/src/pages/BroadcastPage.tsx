import { useParams } from "@tanstack/react-router";
import { ExternalLink } from "lucide-react";
import { lazy, Suspense } from "react";
import { type Known, useStream } from "../api/streams";
import { Audience } from "../features/streams/broadcast/Audience";
import { BroadcastControls } from "../features/streams/broadcast/BroadcastControls";
import { DeleteStream } from "../features/streams/broadcast/DeleteStream";
import { EditStream } from "../features/streams/broadcast/EditStream";
import { Preview } from "../features/streams/broadcast/Preview";
import { useSignal } from "../features/streams/broadcast/useSignal";
import { texts } from "../lib/texts";
import { ButtonLink } from "../ui/Button";
import { CopyButton } from "../ui/CopyButton";
import { Page } from "../ui/Page";
import { Empty, Failure, Loading } from "../ui/States";
import { StatusBadge } from "../ui/StatusBadge";

const words = texts.broadcast;

const ChatPanel = lazy(() => import("../features/chat/ChatPanel"));
const LivePlayer = lazy(() => import("../features/player/LivePlayer"));

/** Where the owner of a stream goes live. */
export default function BroadcastPage() {
  const { streamId = "" } = useParams({ strict: false });
  const { data, error, refetch } = useStream(streamId);
  if (!data) {
    const isMissing = error?.status === 404 || error?.status === 400;
    return (
      <Page title={words.title}>
        {!error && <Loading />}
        {error && !isMissing && <Failure error={error} onRetry={() => refetch()} />}
        {isMissing && (
          <Empty title={words.missing} words={words.missingWords}>
            <ButtonLink to="/streams">{words.toStreams}</ButtonLink>
          </Empty>
        )}
      </Page>
    );
  }
  if (data.stream.isOwner) return <Broadcast key={streamId} known={data} />;
  return (
    <Page title={words.title}>
      <Empty title={words.notYours} words={words.notYoursWords}>
        <ButtonLink to="/streams/$streamId" params={{ streamId }}>
          {words.watch}
        </ButtonLink>
      </Empty>
    </Page>
  );
}

/** Controls on the left, what viewers see and say on the right; on a phone one below the other. */
function Broadcast({ known }: { known: Known }) {
  const { stream } = known;
  const signal = useSignal(stream);
  return (
    <Page title={stream.title} width="wide" actions={<Actions known={known} />}>
      <Audience stream={stream} />
      <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_23rem]">
        <BroadcastControls stream={stream} signal={signal} />
        <div className="flex min-w-0 flex-col gap-6 lg:sticky lg:top-20">
          {stream.state === "RUNNING" && (
            <Preview>
              <div className="aspect-video bg-black">
                <Suspense>
                  {/* A microphone would hear its sound. */}
                  <LivePlayer stream={stream} fit="frame" isMuted />
                </Suspense>
              </div>
            </Preview>
          )}
          <Suspense fallback={<Loading />}>
            <ChatPanel stream={stream} isOwner onStatus={signal.onStatus} onIngest={signal.onIngest} />
          </Suspense>
        </div>
      </div>
    </Page>
  );
}

function Actions({ known }: { known: Known }) {
  const { id: streamId, status } = known.stream;
  return (
    <div className="flex flex-wrap items-center gap-2">
      <span role="status">
        <StatusBadge status={status} />
      </span>
      <ButtonLink to="/streams/$streamId" params={{ streamId }} kind="plain">
        <ExternalLink aria-hidden className="size-4" />
        {words.viewerPage}
      </ButtonLink>
      <CopyButton
        name={words.link}
        value={() => `${location.origin}/live/${streamId}`}
        words={words.copyLink}
      />
      <EditStream known={known} />
      <DeleteStream stream={known.stream} />
    </div>
  );
}
