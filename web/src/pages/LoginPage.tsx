import { Page } from "../ui/Page";

export default function LoginPage() {
  return <Page title="Log in">{null}</Page>;
}
