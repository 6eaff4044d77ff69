import { useParams } from "@tanstack/react-router";
import type { Profile } from "../api/client";
import { useProfile } from "../features/auth/useProfile";
import { StreamGrid } from "../features/streams/StreamGrid";
import { VideoGrid } from "../features/videos/VideoGrid";
import { useSession } from "../lib/session";
import { texts } from "../lib/texts";
import { formatMonth } from "../lib/time";
import { Avatar } from "../ui/Avatar";
import { ButtonLink } from "../ui/Button";
import { Page, useTitle } from "../ui/Page";
import { Empty, Failure, Loading } from "../ui/States";

const t = texts.auth.profile;

export default function ProfilePage() {
  const { username } = useParams({ from: "/shell/u/$username" });
  const { data: profile, error, refetch } = useProfile(username);
  if (profile) return <Person profile={profile} />;
  const isNobody = error?.status === 404 || error?.status === 400;
  return (
    <Page title={isNobody ? t.nobody : username} hideTitle>
      {!error && <Loading />}
      {error && !isNobody && <Failure error={error} onRetry={refetch} />}
      {isNobody && (
        <Empty title={t.nobody} words={t.nobodyWords}>
          <ButtonLink to="/streams">{texts.streams.all}</ButtonLink>
        </Empty>
      )}
    </Page>
  );
}

function Person({ profile }: { profile: Profile }) {
  const { id, username, displayName, bio, createdAt } = profile;
  const isOwn = useSession()?.userId === id;
  useTitle(displayName);
  return (
    <div className="mx-auto flex max-w-[110rem] flex-col gap-12 px-4 py-6 md:px-8">
      <header className="flex flex-wrap items-start gap-5">
        <Avatar name={username} size="size-20 text-4xl" />
        <div className="flex min-w-0 flex-1 basis-64 flex-col gap-1">
          <h1 className="font-bold text-2xl [overflow-wrap:anywhere]">{displayName}</h1>
          <p className="text-quiet">
            @{username} · {t.since(formatMonth(createdAt))}
          </p>
          {bio && <p className="mt-2 max-w-prose whitespace-pre-line [overflow-wrap:anywhere]">{bio}</p>}
        </div>
        {isOwn && (
          <ButtonLink to="/settings" kind="plain">
            {t.edit}
          </ButtonLink>
        )}
      </header>
      <StreamGrid title={t.live} query={{ userId: id, status: "LIVE", limit: 4 }} hidesOwner />
      <StreamGrid title={t.upcoming} query={{ userId: id, status: "SCHEDULED", limit: 8 }} hidesOwner />
      <VideoGrid
        title={t.videos}
        query={{ userId: id, status: "READY", limit: 12 }}
        hidesOwner
        empty={
          isOwn ? (
            <Empty title={t.noVideos} words={t.noVideosOwn}>
              <ButtonLink to="/videos/upload">{texts.streams.home.upload}</ButtonLink>
            </Empty>
          ) : (
            <Empty title={t.noVideos} />
          )
        }
      />
      <StreamGrid title={t.past} query={{ userId: id, status: "ENDED", limit: 12 }} hidesOwner />
    </div>
  );
}
