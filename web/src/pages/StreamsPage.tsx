import { StreamGrid } from "../features/streams/StreamGrid";
import { texts } from "../lib/texts";
import { ButtonLink } from "../ui/Button";
import { Page } from "../ui/Page";
import { Empty } from "../ui/States";

const t = texts.streams;

export default function StreamsPage() {
  const create = <ButtonLink to="/streams/create">{t.create}</ButtonLink>;
  return (
    <Page title={t.title} width="wide" actions={create}>
      <div className="flex flex-col gap-12">
        <StreamGrid
          title={t.live}
          query={{ status: "LIVE", limit: 12 }}
          empty={<Empty title={t.noneLive} words={t.noneLiveWords} />}
        />
        <StreamGrid
          title={t.upcoming}
          query={{ status: "SCHEDULED", limit: 12 }}
          empty={<Empty title={t.noneUpcoming} words={t.noneUpcomingWords} />}
        />
        <StreamGrid
          title={t.past}
          query={{ status: "ENDED", limit: 12 }}
          empty={<Empty title={t.nonePast} words={t.nonePastWords} />}
        />
      </div>
    </Page>
  );
}
