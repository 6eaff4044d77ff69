import { Link } from "@tanstack/react-router";
import { Check } from "lucide-react";
import { useId } from "react";
import type { Stream } from "../../../api/client";
import { texts } from "../../../lib/texts";
import { formatMoment } from "../../../lib/time";
import { ButtonLink } from "../../../ui/Button";
import { Card } from "../../../ui/Card";
import { EncoderAway } from "./EncoderAway";
import { StartStop } from "./StartStop";
import { type Session, type Step, stepOf, stepsOf } from "./signal";

const { signal } = texts.broadcast;

type Props = {
  stream: Stream;
  newest: Session | undefined;
  /** The stream that has the channel, when it is another one. */
  busyWith: string | undefined;
};

/** The way from nothing to live: where the stream is, and what its owner does next. */
export function SignalSteps({ stream, newest, busyWith }: Props) {
  const title = useId();
  const step = stepOf(stream, newest);
  const isAway = step === "live" && stream.ingest.state !== "CONNECTED";
  return (
    <Card aria-labelledby={title}>
      <h2 id={title} className="font-bold text-lg">
        {signal.title}
      </h2>
      {step !== "over" && <Steps steps={stepsOf(stream)} step={step} isAway={isAway} />}
      {isAway ? <EncoderAway stream={stream} /> : <Words stream={stream} step={step} />}
      {busyWith && (
        <p role="alert" className="text-warn">
          {signal.busy}{" "}
          <Link
            to="/streams/$streamId/broadcast"
            params={{ streamId: busyWith }}
            className="font-semibold underline"
          >
            {signal.busyLink}
          </Link>
        </p>
      )}
      {stream.failureReason && stream.state !== "FAILED" && step !== "over" && (
        <p className="text-warn">{signal.trouble(stream.failureReason)}</p>
      )}
      {step === "signal" && (
        <details>
          <summary className="w-fit font-medium">{signal.helpTitle}</summary>
          <ul className="mt-2 flex list-disc flex-col gap-1 pl-6">
            {signal.help.map((words) => (
              <li key={words}>{words}</li>
            ))}
          </ul>
        </details>
      )}
      <StartStop stream={stream} step={step} />
    </Card>
  );
}

type StepsProps = { steps: Exclude<Step, "over">[]; step: Exclude<Step, "over">; isAway: boolean };

function Steps({ steps, step, isAway }: StepsProps) {
  const reached = steps.indexOf(step);
  return (
    <ol className="flex flex-col gap-2 sm:flex-row sm:gap-0">
      {steps.map((name, index) => {
        const isLast = step === "live" && name === "live";
        const state = index < reached || isLast ? "done" : index === reached ? "now" : "later";
        const mark = isLast ? (isAway ? "away" : "live") : state;
        return (
          <li
            key={name}
            aria-current={index === reached ? "step" : undefined}
            className={`flex flex-1 items-center gap-2.5 sm:flex-col sm:text-center ${state === "later" ? "text-quiet" : ""}`}
          >
            <span
              aria-hidden
              className={`grid size-8 shrink-0 place-items-center rounded-full border-2 font-bold ${MARKS[mark]}`}
            >
              {mark === "away" && "!"}
              {mark !== "away" && (state === "done" ? <Check className="size-4" /> : index + 1)}
            </span>
            <span className={index === reached ? "font-semibold" : ""}>
              {mark === "away"
                ? signal.interrupted
                : (index < reached ? signal.doneSteps : signal.steps)[name]}
              <span className="sr-only">, {signal[state]}</span>
            </span>
          </li>
        );
      })}
    </ol>
  );
}

const MARKS = {
  done: "border-good text-good",
  live: "border-live bg-live text-white",
  away: "border-warn text-warn",
  now: "border-accent text-accent",
  later: "border-line",
};

const timeOf = (time: string) => new Date(time).toLocaleTimeString("en-GB", { timeStyle: "short" });

/** What is so now, and what to do about it. */
function Words({ stream, step }: { stream: Stream; step: Step }) {
  return (
    <div role="status" className="flex flex-col gap-1">
      <p>{wordsOf(stream, step)}</p>
      {step === "over" && <p>{signal.overWhy[stream.stopReason ?? ""]}</p>}
      {step === "signal" && stream.status === "SCHEDULED" && stream.scheduledAt && (
        <p className="text-quiet">{signal.scheduled(formatMoment(stream.scheduledAt))}</p>
      )}
      {step === "over" && <Recording stream={stream} />}
    </div>
  );
}

function wordsOf(stream: Stream, step: Step): string {
  if (stream.state === "STOPPING") return signal.ending;
  if (stream.state === "FAILED") return signal.failed(stream.failureReason ?? signal.over);
  if (step === "over") return signal.over;
  if (step === "live") return stream.startedAt ? signal.liveSince(timeOf(stream.startedAt)) : signal.live;
  return step === "signal" ? signal.wait : signal[step];
}

/** What becomes of a stream that is over. */
function Recording({ stream }: { stream: Stream }) {
  const { videoId, archiveError, recordingEnabled, startedAt, state } = stream;
  const isComing = recordingEnabled && startedAt && state !== "FAILED";
  return (
    <>
      {archiveError && <p className="text-bad">{texts.broadcast.noVideo(archiveError)}</p>}
      {!archiveError && !videoId && isComing && <p>{texts.broadcast.videoComes}</p>}
      <div className="mt-2 flex flex-wrap gap-2">
        {videoId && (
          <ButtonLink to="/videos/$videoId" params={{ videoId }}>
            {texts.broadcast.video}
          </ButtonLink>
        )}
        <ButtonLink to="/streams/create" kind="plain">
          {signal.again}
        </ButtonLink>
      </div>
    </>
  );
}
