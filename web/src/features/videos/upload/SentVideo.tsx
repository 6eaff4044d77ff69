import { useVideo } from "../../../api/videos";
import { texts } from "../../../lib/texts";
import { Button, ButtonLink } from "../../../ui/Button";
import { Failure, Loading } from "../../../ui/States";
import { Thumbnail } from "../../../ui/Thumbnail";
import { VideoStage } from "../VideoStage";
import { dismissUpload } from "./commands";

const words = texts.videos.upload;

/** What becomes of a file that has come whole, up to the video that plays. */
export function SentVideo({ uploadId, videoId }: { uploadId: string; videoId: string }) {
  const { data, error, refetch } = useVideo(videoId);
  const video = data?.video;
  const done = (
    <Button kind="quiet" size="small" onClick={() => dismissUpload(uploadId)}>
      {words.done}
    </Button>
  );
  if (!video) return error ? <Failure error={error} onRetry={() => refetch()} /> : <Loading />;
  if (video.status !== "READY") {
    // The file has come; that the server has seen it is a matter of moments.
    const shown = video.status === "UPLOADING" ? { ...video, status: "PROCESSING" } : video;
    return (
      <>
        <VideoStage video={shown} />
        {video.status === "FAILED" && <div className="flex justify-end">{done}</div>}
      </>
    );
  }
  return (
    <div className="flex flex-wrap items-center gap-4">
      <div className="w-40">
        <Thumbnail src={video.posterUrl} />
      </div>
      <p className="font-semibold text-good">{texts.videos.stage.ready}</p>
      <div className="ml-auto flex flex-wrap justify-end gap-2">
        {done}
        <ButtonLink to="/watch/$videoId" params={{ videoId }} size="small">
          {words.watch}
        </ButtonLink>
      </div>
    </div>
  );
}
