import { useParams, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useRef } from "react";
import type { Video } from "../api/client";
import { useVideo } from "../api/videos";
import type { Control } from "../features/player/VideoPlayer";
import { Captions } from "../features/videos/detail/Captions";
import { DeleteVideo } from "../features/videos/detail/DeleteVideo";
import { EditVideo } from "../features/videos/detail/EditVideo";
import { PosterChoice } from "../features/videos/detail/PosterChoice";
import { ShareVideo } from "../features/videos/detail/ShareVideo";
import { VideoDetails } from "../features/videos/detail/VideoDetails";
import { VideoStage } from "../features/videos/VideoStage";
import { useSession } from "../lib/session";
import { texts } from "../lib/texts";
import { ButtonLink } from "../ui/Button";
import { Card } from "../ui/Card";
import { ErrorBoundary } from "../ui/ErrorBoundary";
import { Page, useTitle } from "../ui/Page";
import { Empty, Failure, Loading } from "../ui/States";
import { useAhead } from "../ui/useAhead";

const ChatReplay = lazy(() => import("../features/chat/ChatReplay"));
const loadPlayer = () => import("../features/player/VideoPlayer");
const VideoPlayer = lazy(loadPlayer);
const words = texts.videos.detail;

/** A video: the picture, what there is to know about it, and what its owner may change. */
export default function VideoDetailPage() {
  const { videoId = "" } = useParams({ strict: false });
  const { data, error, refetch } = useVideo(videoId);
  useAhead(loadPlayer);
  if (data) return <Watch key={videoId} video={data.video} />;
  if (!error) return <Loading />;
  const isMissing = error.status === 404 || error.status === 403 || error.status === 400;
  return (
    <Page title={isMissing ? words.missing : texts.common.site} hideTitle>
      {isMissing ? (
        <Empty title={words.missing} words={words.missingWords}>
          <ButtonLink to="/videos">{words.toVideos}</ButtonLink>
        </Empty>
      ) : (
        <Failure error={error} onRetry={() => refetch()} />
      )}
    </Page>
  );
}

function Watch({ video }: { video: Video }) {
  useTitle(video.title);
  const { t } = useSearch({ strict: false });
  const isOwner = useSession()?.userId === video.userId;
  const control = useRef<Control>(null);
  const time = useCallback(() => control.current?.currentTime() ?? 0, []);
  // A transcoded video may be some milliseconds shorter than its recording was.
  const told = useCallback(() => (control.current?.hasEnded() ? Number.POSITIVE_INFINITY : time()), [time]);
  const isReady = video.status === "READY" && video.hlsUrl;
  const chatUrl = isReady ? video.chatReplayUrl : undefined;
  return (
    <div
      className={`group/watch mx-auto grid gap-4 has-[[data-theatre]]:max-w-none md:px-8 md:py-6 lg:gap-x-6 lg:has-[[data-theatre]]:px-0 lg:has-[[data-theatre]]:pt-0 ${
        chatUrl
          ? "max-w-[110rem] lg:grid-cols-[minmax(0,1fr)_23rem] lg:grid-rows-[auto_1fr]"
          : "max-w-[90rem] grid-cols-[minmax(0,1fr)]"
      }`}
    >
      {video.hlsUrl && isReady ? (
        <div className="sticky top-14 z-20 min-w-0 self-start overflow-hidden bg-black group-has-[[data-theatre]]/watch:rounded-none md:static md:rounded-xl lg:group-has-[[data-theatre]]/watch:col-span-full">
          <Suspense fallback={<div className="aspect-video max-h-[calc(100dvh-9rem)]" />}>
            <VideoPlayer
              src={video.hlsUrl}
              title={video.title}
              poster={video.posterUrl}
              startAt={t}
              storageKey={video.id}
              thumbnails={video.thumbnails}
              captions={video.captions}
              controlRef={control}
            />
          </Suspense>
        </div>
      ) : (
        <Card className="max-md:rounded-none max-md:border-x-0">
          <VideoStage video={video} />
        </Card>
      )}
      <div className="min-w-0 max-md:px-4 lg:group-has-[[data-theatre]]/watch:pl-8">
        <VideoDetails video={video}>
          {isReady && <ShareVideo video={video} time={time} />}
          {isOwner && (
            <>
              <EditVideo video={video} />
              {isReady && video.thumbnails.length > 0 && <PosterChoice video={video} />}
              {isReady && <Captions video={video} />}
              <DeleteVideo video={video} />
            </>
          )}
        </VideoDetails>
      </div>
      {chatUrl && (
        <div className="min-w-0 max-md:px-4 lg:col-start-2 lg:row-span-2 lg:row-start-1 lg:group-has-[[data-theatre]]/watch:row-span-1 lg:group-has-[[data-theatre]]/watch:row-start-2 lg:group-has-[[data-theatre]]/watch:pr-8">
          <ErrorBoundary fallback={<p role="alert">{words.chatFailed}</p>}>
            <Suspense fallback={<Loading />}>
              <ChatReplay url={chatUrl} time={told} />
            </Suspense>
          </ErrorBoundary>
        </div>
      )}
    </div>
  );
}
