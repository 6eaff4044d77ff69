import { useParams } from "@tanstack/react-router";
import { ExternalLink } from "lucide-react";
import { lazy, Suspense } from "react";
import type { Stream } from "../api/client";
import { useStream } from "../api/streams";
import { Audience } from "../features/streams/broadcast/Audience";
import { BroadcastControls } from "../features/streams/broadcast/BroadcastControls";
import { DeleteStream } from "../features/streams/broadcast/DeleteStream";
import { Preview } from "../features/streams/broadcast/Preview";
import { broadcast as words } from "../lib/texts/broadcast";
import { ButtonLink } from "../ui/Button";
import { CopyButton } from "../ui/CopyButton";
import { Page } from "../ui/Page";
import { Empty, Failure, Loading } from "../ui/States";
import { StatusBadge } from "../ui/StatusBadge";

const LivePlayer = lazy(() => import("../features/player/LivePlayer"));

/** Where the owner of a stream goes live. */
export default function BroadcastPage() {
  const { streamId = "" } = useParams({ strict: false });
  const { data, error, refetch } = useStream(streamId);
  if (!data) {
    const isMissing = error?.status === 404;
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
  if (data.stream.isOwner) return <Broadcast stream={data.stream} />;
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

/** Controls on the left, what viewers see on the right; on a phone one below the other. */
function Broadcast({ stream }: { stream: Stream }) {
  return (
    <Page title={stream.title} width="wide" actions={<Actions stream={stream} />}>
      <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_23rem]">
        <BroadcastControls stream={stream} />
        <div className="flex flex-col gap-6 lg:sticky lg:top-20">
          <Audience stream={stream} />
          {stream.state === "RUNNING" && (
            <Preview>
              <Suspense fallback={<div className="aspect-video bg-black" />}>
                <LivePlayer stream={stream} />
              </Suspense>
            </Preview>
          )}
        </div>
      </div>
    </Page>
  );
}

function Actions({ stream }: { stream: Stream }) {
  const { id: streamId } = stream;
  return (
    <div className="flex flex-wrap items-center gap-2">
      <span role="status">
        <StatusBadge status={stream.status} />
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
      <DeleteStream stream={stream} />
    </div>
  );
}
