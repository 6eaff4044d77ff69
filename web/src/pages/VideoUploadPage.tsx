import { Page } from "../ui/Page";

export default function VideoUploadPage() {
  return <Page title="Upload a video">{null}</Page>;
}
