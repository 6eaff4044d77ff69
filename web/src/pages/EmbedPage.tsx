import { useParams, useSearch } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useStream } from "../api/streams";
import { useVideo } from "../api/videos";
import { texts } from "../lib/texts";
import { useTitle } from "../ui/Page";
import { Loading } from "../ui/States";
import { useAhead } from "../ui/useAhead";

const loadLive = () => import("../features/player/LivePlayer");
const loadVideo = () => import("../features/player/VideoPlayer");
const [LivePlayer, VideoPlayer] = [lazy(loadLive), lazy(loadVideo)];
const words = texts.player.embed;

/** A player alone, for pages of other sites: `?autoplay=1&muted=1&t=<seconds>`. */
export default function EmbedPage() {
  const { id = "" } = useParams({ strict: false });
  return (
    <main className="scheme-dark grid h-dvh bg-black text-white">
      <Suspense fallback={<Loading />}>
        {id.startsWith("str_") ? <Live id={id} /> : <Finished id={id} />}
      </Suspense>
    </main>
  );
}

function Finished({ id }: { id: string }) {
  const { t, autoplay = 0, muted = 0 } = useSearch({ strict: false });
  const { data, error } = useVideo(id);
  useAhead(loadVideo);
  useTitle(data?.video.title ?? texts.common.site);
  if (!data) return error ? <Nothing words={error.status ? words.missing : error.message} /> : <Loading />;
  const { title, hlsUrl, posterUrl, thumbnails, captions, status } = data.video;
  if (!hlsUrl) return <Nothing words={status === "FAILED" ? words.failed : words.processing} />;
  return (
    <VideoPlayer
      src={hlsUrl}
      title={title}
      poster={posterUrl}
      thumbnails={thumbnails}
      captions={captions}
      startAt={t}
      storageKey={id}
      fit="frame"
      autoPlay={autoplay === 1}
      isMuted={muted === 1}
      head={<TitleLink title={title} path={`/watch/${id}`} />}
    />
  );
}

function Live({ id }: { id: string }) {
  const { autoplay = 0, muted = 0 } = useSearch({ strict: false });
  const { data, error } = useStream(id);
  useAhead(loadLive);
  useTitle(data?.stream.title ?? texts.common.site);
  if (!data) return error ? <Nothing words={error.status ? words.missing : error.message} /> : <Loading />;
  return (
    <LivePlayer
      stream={data.stream}
      fit="frame"
      autoPlay={autoplay === 1}
      isMuted={muted === 1}
      head={<TitleLink title={data.stream.title} path={`/live/${id}`} />}
    />
  );
}

function TitleLink({ title, path }: { title: string; path: string }) {
  return (
    <h1 className="truncate font-semibold">
      <a href={path} target="_blank" rel="noopener" className="hover:underline">
        {title} <span className="sr-only">{words.opens}</span>
      </a>
    </h1>
  );
}

function Nothing({ words }: { words: string }) {
  return (
    <div role="alert" className="grid place-items-center p-6 text-center">
      <h1>{words}</h1>
    </div>
  );
}
