import { Page } from "../ui/Page";

export default function CreateStreamPage() {
  return <Page title="Create a stream">{null}</Page>;
}
