import { texts } from "../../lib/texts";
import { Button } from "../../ui/Button";
import { MessageRow } from "./MessageRow";
import type { Draft } from "./Outgoing";

type Props = {
  draft: Draft;
  self: { userId: string; username: string; roles: readonly string[] };
  onAgain: (draft: Draft) => void;
  onDiscard: (draft: Draft) => void;
};

/** An own message on its way, or one that was not sent, with the reason. */
export function DraftRow({ draft, self, onAgain, onDiscard }: Props) {
  const { failure } = draft;
  const reasons: Record<string, string> = texts.chat.failures;
  return (
    <div className="min-w-0 flex-1">
      <div className={failure ? "" : "opacity-85"}>
        <MessageRow {...self} content={draft.content} timestamp={draft.timestamp}>
          {!failure && <span className="sr-only"> {texts.chat.pending}</span>}
        </MessageRow>
      </div>
      {failure && (
        <div className="flex flex-wrap items-center gap-2 pt-1 text-sm">
          <span role="alert" className="text-bad">
            {reasons[failure] ?? reasons.other}
          </span>
          <Button kind="plain" size="small" onClick={() => onAgain(draft)}>
            {texts.chat.again}
          </Button>
          <Button kind="quiet" size="small" onClick={() => onDiscard(draft)}>
            {texts.chat.discard}
          </Button>
        </div>
      )}
    </div>
  );
}
