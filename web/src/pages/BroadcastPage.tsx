import { Page } from "../ui/Page";

export default function BroadcastPage() {
  return <Page title="Broadcast">{null}</Page>;
}
