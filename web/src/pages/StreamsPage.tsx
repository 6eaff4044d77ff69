import { Page } from "../ui/Page";

export default function StreamsPage() {
  return <Page title="Streams">{null}</Page>;
}
