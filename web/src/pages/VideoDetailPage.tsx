import { useParams, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useRef } from "react";
import type { Video } from "../api/client";
import { useVideo } from "../api/videos";
import type { Control } from "../features/player/VideoPlayer";
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
import { Page, useTitle } from "../ui/Page";
import { Empty, Failure, Loading } from "../ui/States";

const VideoPlayer = lazy(() => import("../features/player/VideoPlayer"));
const words = texts.videos.detail;

/** A video: the picture, what there is to know about it, and what its owner may change. */
export default function VideoDetailPage() {
  const { videoId = "" } = useParams({ strict: false });
  const { data, error, refetch } = useVideo(videoId);
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
  const isReady = video.status === "READY" && video.hlsUrl;
  return (
    <div className="mx-auto flex max-w-[90rem] flex-col gap-4 md:px-8 md:py-6">
      {video.hlsUrl && isReady ? (
        <div className="overflow-hidden bg-black md:rounded-xl">
          <Suspense fallback={<div className="aspect-video" />}>
            <VideoPlayer
              src={video.hlsUrl}
              title={video.title}
              poster={video.posterUrl}
              startAt={t}
              storageKey={`skylark.position.${video.id}`}
              thumbnails={video.thumbnails}
              controlRef={control}
            />
          </Suspense>
        </div>
      ) : (
        <Card className="max-md:rounded-none max-md:border-x-0">
          <VideoStage video={video} />
        </Card>
      )}
      <div className="max-md:px-4">
        <VideoDetails video={video}>
          {isReady && <ShareVideo video={video} time={time} />}
          {isOwner && (
            <>
              <EditVideo video={video} />
              {isReady && video.thumbnails.length > 0 && <PosterChoice video={video} />}
              <DeleteVideo video={video} />
            </>
          )}
        </VideoDetails>
      </div>
    </div>
  );
}
