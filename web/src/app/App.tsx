import { useEffect, useState } from "react";
import { api } from "../api/client";
import { SignIn } from "../features/auth/SignIn";
import { Uploader } from "../features/videos/Uploader";
import { VideoGrid } from "../features/videos/VideoGrid";
import { VideoPage } from "../features/videos/VideoPage";
import { setSession, useSession } from "../lib/session";

/** The video of the address: `/?v=vid_...`, so that a link can be shared. */
function chosenVideo(): string | undefined {
  return new URLSearchParams(location.search).get("v") ?? undefined;
}

export function App() {
  const signedIn = useSession();
  const [chosen, setChosen] = useState(chosenVideo);
  const [round, setRound] = useState(0);

  useEffect(() => {
    const back = () => setChosen(chosenVideo());
    window.addEventListener("popstate", back);
    return () => window.removeEventListener("popstate", back);
  }, []);

  function choose(id: string | undefined) {
    history.pushState(null, "", id ? `/?v=${id}` : "/");
    setChosen(id);
    setRound((round) => round + 1);
    window.scrollTo({ top: 0 });
  }

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
            choose(undefined);
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
      <main className={chosen ? "watching" : ""}>
        <h1 className="hidden">Skylark</h1>
        {chosen && <VideoPage id={chosen} onChanged={() => setRound((round) => round + 1)} />}
        {signedIn ? <Uploader onUploaded={choose} /> : <SignIn />}
        <div className="lists stack">
          {signedIn && <VideoGrid title="Your videos" owner="me" round={round} onChoose={choose} />}
          <VideoGrid title="Newest" round={round} onChoose={choose} />
        </div>
      </main>
    </>
  );
}
