import { StreamGrid } from "../features/streams/StreamGrid";
import { VideoGrid } from "../features/videos/VideoGrid";
import { useSession } from "../lib/session";
import { texts } from "../lib/texts";
import { ButtonLink } from "../ui/Button";
import { Page } from "../ui/Page";
import { Empty } from "../ui/States";

const t = texts.streams;

export default function HomePage() {
  const isSignedIn = useSession() !== null;
  return (
    <Page title={t.home.title} hideTitle width="wide">
      {!isSignedIn && <Hero />}
      <div className="flex flex-col gap-12">
        <StreamGrid
          title={t.live}
          query={{ status: "LIVE", limit: 8 }}
          isShort
          actions={
            <ButtonLink to="/streams" kind="plain" size="small">
              {t.all}
            </ButtonLink>
          }
          empty={
            <Empty title={t.noneLive} words={t.noneLiveWords}>
              <ButtonLink to="/streams/create">{t.create}</ButtonLink>
            </Empty>
          }
        />
        <VideoGrid
          title={t.home.videos}
          query={{ limit: 8 }}
          isShort
          actions={
            <ButtonLink to="/videos" kind="plain" size="small">
              {t.home.allVideos}
            </ButtonLink>
          }
          empty={
            <Empty title={t.home.noVideos} words={t.home.noVideosWords}>
              <ButtonLink to="/videos/upload">{t.home.upload}</ButtonLink>
            </Empty>
          }
        />
        <StreamGrid title={t.upcoming} query={{ status: "SCHEDULED", limit: 4 }} isShort />
      </div>
    </Page>
  );
}

/** What this is, for those who have not been here. */
function Hero() {
  return (
    <section className="flex flex-col items-start gap-4 rounded-2xl border border-line bg-card px-6 py-8 md:px-10 md:py-12">
      <h2 className="max-w-2xl font-bold text-2xl leading-tight md:text-4xl">{t.home.hero}</h2>
      <p className="max-w-prose text-quiet md:text-lg">{t.home.heroWords}</p>
      <div className="flex flex-wrap gap-3">
        <ButtonLink to="/register">{t.home.join}</ButtonLink>
        <ButtonLink to="/streams" kind="plain">
          {t.home.look}
        </ButtonLink>
      </div>
    </section>
  );
}
