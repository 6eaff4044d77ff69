import { VideoGrid } from "../features/videos/VideoGrid";
import { useSession } from "../lib/session";
import { texts } from "../lib/texts";
import { ButtonLink } from "../ui/Button";
import { Page } from "../ui/Page";
import { Empty } from "../ui/States";

const words = texts.videos;

/** One's own videos in whatever state they are, and everybody's newest. */
export default function VideosPage() {
  const signedIn = useSession();
  const upload = <ButtonLink to="/videos/upload">{words.uploadOne}</ButtonLink>;
  return (
    <Page title={words.title} width="wide" actions={upload}>
      {signedIn && (
        <VideoGrid
          title={words.yours}
          query={{ userId: "me", limit: 8 }}
          hidesOwner
          empty={<Empty title={words.noneOfYours} words={words.noneOfYoursWords} />}
        />
      )}
      <VideoGrid
        title={words.newest}
        query={{ limit: 24 }}
        empty={<Empty title={words.none} words={words.noneWords} />}
      />
    </Page>
  );
}
