import { Page } from "../ui/Page";

export default function StreamDetailPage() {
  return <Page title="Stream">{null}</Page>;
}
