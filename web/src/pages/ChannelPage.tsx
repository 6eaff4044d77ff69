import { ChannelForm } from "../features/streams/ChannelForm";
import { Moderators } from "../features/streams/Moderators";
import { NewChannel } from "../features/streams/NewChannel";
import { OwnStreams } from "../features/streams/OwnStreams";
import { useOwnChannel } from "../features/streams/useChannel";
import { useSession } from "../lib/session";
import { texts } from "../lib/texts";
import { ButtonLink } from "../ui/Button";
import { Card } from "../ui/Card";
import { Page } from "../ui/Page";
import { Failure, Loading } from "../ui/States";

const t = texts.streams.channel;
const heading = "font-bold text-lg";

export default function ChannelPage() {
  const username = useSession()?.username;
  const { data: known, error, refetch, keep } = useOwnChannel();
  const create = <ButtonLink to="/streams/create">{texts.streams.create}</ButtonLink>;
  return (
    <Page title={known?.channel.name ?? t.title} actions={create}>
      {known === undefined && !error && <Loading />}
      {known === undefined && error && <Failure error={error} onRetry={refetch} />}
      {known === null && username && <NewChannel name={username} onMade={keep} />}
      {known && (
        <div className="grid items-start gap-6 lg:grid-cols-[3fr_2fr]">
          <Card>
            <h2 className={heading}>{t.streams}</h2>
            <p className="text-quiet">{t.keyWords}</p>
            <OwnStreams channelId={known.channel.id} />
          </Card>
          <div className="flex flex-col gap-6">
            <Card>
              <h2 className={heading}>{t.settings}</h2>
              <ChannelForm key={known.channel.id} known={known} onSaved={keep} />
            </Card>
            <Card>
              <h2 className={heading}>{t.moderators}</h2>
              <p className="text-quiet">{t.moderatorsWords}</p>
              <Moderators channelId={known.channel.id} />
            </Card>
          </div>
        </div>
      )}
    </Page>
  );
}
