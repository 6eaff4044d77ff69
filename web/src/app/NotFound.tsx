import { texts } from "../lib/texts";
import { ButtonLink } from "../ui/Button";
import { Page } from "../ui/Page";
import { Empty } from "../ui/States";
import { Shell } from "./Shell";

/** An address that leads nowhere. */
export function NotFound() {
  return (
    <Shell>
      <Page title={texts.common.notFound} hideTitle>
        <Empty title={texts.common.notFound} words={texts.common.notFoundWords}>
          <ButtonLink to="/">{texts.common.toHome}</ButtonLink>
        </Empty>
      </Page>
    </Shell>
  );
}
