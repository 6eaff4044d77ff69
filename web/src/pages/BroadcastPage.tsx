import { useParams } from "@tanstack/react-router";
import { ExternalLink } from "lucide-react";
import { useStream } from "../api/streams";
import { BroadcastControls } from "../features/streams/broadcast/BroadcastControls";
import { broadcast } from "../lib/texts/broadcast";
import { ButtonLink } from "../ui/Button";
import { CopyButton } from "../ui/CopyButton";
import { Page } from "../ui/Page";
import { Empty, Failure, Loading } from "../ui/States";
import { StatusBadge } from "../ui/StatusBadge";

/** Where the owner of a stream goes live. */
export default function BroadcastPage() {
  const { streamId = "" } = useParams({ strict: false });
  const { data, error, refetch } = useStream(streamId);
  if (!data) {
    const isMissing = error?.status === 404;
    return (
      <Page title={broadcast.title}>
        {!error && <Loading />}
        {error && !isMissing && <Failure error={error} onRetry={() => refetch()} />}
        {isMissing && (
          <Empty title={broadcast.missing} words={broadcast.missingWords}>
            <ButtonLink to="/streams">{broadcast.toStreams}</ButtonLink>
          </Empty>
        )}
      </Page>
    );
  }
  const { stream } = data;
  if (!stream.isOwner) {
    return (
      <Page title={broadcast.title}>
        <Empty title={broadcast.notYours} words={broadcast.notYoursWords}>
          <ButtonLink to="/streams/$streamId" params={{ streamId }}>
            {broadcast.watch}
          </ButtonLink>
        </Empty>
      </Page>
    );
  }
  const link = `${location.origin}/live/${stream.id}`;
  return (
    <Page
      title={stream.title}
      width="wide"
      actions={
        <div className="flex flex-wrap items-center gap-2">
          <span role="status">
            <StatusBadge status={stream.status} />
          </span>
          <ButtonLink to="/streams/$streamId" params={{ streamId }} kind="plain">
            <ExternalLink aria-hidden className="size-4" />
            {broadcast.viewerPage}
          </ButtonLink>
          <CopyButton name={broadcast.link} value={() => link} words={broadcast.copyLink} />
        </div>
      }
    >
      <BroadcastControls stream={stream} />
    </Page>
  );
}
