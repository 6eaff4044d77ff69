import { useEffect, useState } from "react";
import { api } from "../api/client";
import { SignIn } from "../features/auth/SignIn";
import { NewStream } from "../features/streams/NewStream";
import { StreamGrid } from "../features/streams/StreamGrid";
import { StreamPage } from "../features/streams/StreamPage";
import { Uploader } from "../features/videos/Uploader";
import { VideoGrid } from "../features/videos/VideoGrid";
import { VideoPage } from "../features/videos/VideoPage";
import { setSession, useSession } from "../lib/session";

type Chosen = { video?: string | undefined; stream?: string | undefined };

/** What the address names, so that a link can be shared: `/?v=vid_...` a video, `/?s=str_...` a stream. */
function chosenByAddress(): Chosen {
  const query = new URLSearchParams(location.search);
  return { video: query.get("v") ?? undefined, stream: query.get("s") ?? undefined };
}

export function App() {
  const signedIn = useSession();
  const [chosen, setChosen] = useState(chosenByAddress);
  const [round, setRound] = useState(0);

  useEffect(() => {
    const back = () => setChosen(chosenByAddress());
    window.addEventListener("popstate", back);
    return () => window.removeEventListener("popstate", back);
  }, []);

  const changed = () => setRound((round) => round + 1);

  function choose(address: string) {
    history.pushState(null, "", address);
    setChosen(chosenByAddress());
    changed();
    window.scrollTo({ top: 0 });
  }

  const toVideo = (id: string) => choose(`/?v=${id}`);
  const toStream = (id: string) => choose(`/?s=${id}`);

  async function signOut() {
    const refreshToken = signedIn?.refreshToken;
    setSession(null);
    // Forgotten here in any case; the server forgets it when it can be reached.
    if (refreshToken)
      await api.POST("/api/v1/auth/logout", { body: { refreshToken } }).catch(() => undefined);
  }

  return (
    <>
      <header>
        <a
          href="/"
          className="brand"
          onClick={(event) => {
            event.preventDefault();
            choose("/");
          }}
        >
          <img src="/icon.svg" alt="" width="28" height="28" /> Skylark
        </a>
        {signedIn && (
          <span className="who">
            {signedIn.username}
            <button type="button" className="link" onClick={signOut}>
              Sign out
            </button>
          </span>
        )}
      </header>
      <main className={chosen.video || chosen.stream ? "watching" : ""}>
        <h1 className="hidden">Skylark</h1>
        {chosen.video && <VideoPage id={chosen.video} onChanged={changed} />}
        {chosen.stream && (
          // What may be seen depends on who is signed in.
          <StreamPage
            key={`${chosen.stream} ${signedIn?.userId}`}
            id={chosen.stream}
            onChanged={changed}
            onVideo={toVideo}
          />
        )}
        <aside className="stack" aria-label={signedIn ? "Make something" : "Your account"}>
          {signedIn ? (
            <>
              <NewStream onCreated={toStream} />
              <Uploader onUploaded={toVideo} />
            </>
          ) : (
            <SignIn />
          )}
        </aside>
        <div className="lists stack">
          <StreamGrid title="Live now" round={round} onChoose={toStream} />
          {signedIn && (
            <>
              <StreamGrid title="Your streams" owner="me" round={round} onChoose={toStream} />
              <VideoGrid title="Your videos" owner="me" round={round} onChoose={toVideo} />
            </>
          )}
          <VideoGrid title="Newest" round={round} onChoose={toVideo} />
        </div>
      </main>
    </>
  );
}
