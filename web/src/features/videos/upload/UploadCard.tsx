import { useId, useState } from "react";
import { texts } from "../../../lib/texts";
import { Card } from "../../../ui/Card";
import { Progress } from "../../../ui/Progress";
import { WordsForm } from "../WordsForm";
import { keepDraft, saveUploadWords, wordsOfUpload } from "./commands";
import { amountWords, percentOf, phaseWords } from "./progress";
import { SentVideo } from "./SentVideo";
import type { Upload } from "./store";
import { UploadButtons } from "./UploadButtons";

const words = texts.videos.upload;

/** One upload: how far it is, what can be done about it, and what is said about its video. */
export function UploadCard({ upload, isOpen }: { upload: Upload; isOpen: boolean }) {
  const id = useId();
  // Others that come later must not fold away what somebody writes in.
  const [isOpenFirst] = useState(isOpen);
  const { phase, problem, fileName, videoId } = upload;
  return (
    <Card aria-labelledby={id}>
      <h2 id={id} className="font-semibold [overflow-wrap:anywhere]">
        {fileName}
      </h2>
      <p role="status" className="sr-only">
        {phaseWords(upload)}
      </p>
      {phase === "SENT" && videoId ? (
        <SentVideo uploadId={upload.id} videoId={videoId} />
      ) : (
        <>
          {problem ? (
            <p role="alert" className="text-bad">
              {problem}
            </p>
          ) : (
            <Progress label={phaseWords(upload)} percent={percentOf(upload)} />
          )}
          {phase === "WAITING" && <p className="text-sm text-warn">{words.waitingWords}</p>}
          <div className="flex flex-wrap items-center justify-between gap-3">
            <p className="text-quiet text-sm tabular-nums">{amountWords(upload)}</p>
            <UploadButtons upload={upload} />
          </div>
        </>
      )}
      <details open={isOpenFirst} className="border-line border-t pt-4">
        <summary className="font-semibold">{words.details}</summary>
        <div className="pt-4">
          <UploadWords id={upload.id} />
        </div>
      </details>
    </Card>
  );
}

function UploadWords({ id }: { id: string }) {
  const said = wordsOfUpload(id);
  if (!said) return null;
  return (
    <WordsForm
      saved={said.saved}
      draft={said.draft}
      onDraft={(draft) => keepDraft(id, draft)}
      onSave={async (based, next) => {
        const how = await saveUploadWords(id, based, next);
        return how === "kept" ? words.wordsKept : texts.common.saved;
      }}
    />
  );
}
