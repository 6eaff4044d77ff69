import { Page } from "../ui/Page";

export default function VideoDetailPage() {
  return <Page title="Video">{null}</Page>;
}
