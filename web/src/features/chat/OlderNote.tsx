import { texts } from "../../lib/texts";
import { Button } from "../../ui/Button";
import type { RoomState } from "./RoomState";

/** Above the first message: what comes before it. */
export function OlderNote({ older, onMore }: { older: RoomState["older"]; onMore: () => void }) {
  return (
    <>
      {older === "none" && texts.chat.begin}
      {older === "loading" && texts.chat.loadingOlder}
      {older === "failed" && <span role="alert">{texts.chat.olderFailed}</span>}
      {(older === "more" || older === "failed") && (
        <Button kind="quiet" size="small" onClick={onMore}>
          {older === "more" ? texts.chat.older : texts.common.retry}
        </Button>
      )}
    </>
  );
}
