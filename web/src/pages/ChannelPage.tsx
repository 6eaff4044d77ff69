import { Page } from "../ui/Page";

export default function ChannelPage() {
  return <Page title="Channel">{null}</Page>;
}
