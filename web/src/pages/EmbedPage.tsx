import { Page } from "../ui/Page";

export default function EmbedPage() {
  return <Page title="Player">{null}</Page>;
}
