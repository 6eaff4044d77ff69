import { Page } from "../ui/Page";

export default function VideosPage() {
  return <Page title="Videos">{null}</Page>;
}
