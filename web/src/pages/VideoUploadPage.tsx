import { VideoUploader } from "../features/videos/upload/VideoUploader";
import { texts } from "../lib/texts";
import { Page } from "../ui/Page";

/** Uploads videos. */
export default function VideoUploadPage() {
  return (
    <Page title={texts.videos.upload.title} width="narrow">
      <VideoUploader />
    </Page>
  );
}
