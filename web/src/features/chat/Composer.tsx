import { SendHorizontal } from "lucide-react";
import { type KeyboardEvent, useId } from "react";
import { texts } from "../../lib/texts";
import { Button } from "../../ui/Button";
import type { ChatRoom } from "./ChatRoom";
import { charactersLeft, clean, isBlank } from "./content";
import type { RoomState } from "./RoomState";
import { useSecondsUntil } from "./useSecondsUntil";

/** From here on the remaining characters are told. */
const NEAR = 40;
/** More than this on their way wait for a turn. */
const AT_ONCE = 4;

type Props = {
  room: ChatRoom;
  state: RoomState;
  text: string;
  onText: (text: string) => void;
};

/** Where people write. Enter sends; what cannot be sent stays. */
export function Composer({ room, state, text, onText }: Props) {
  const id = useId();
  const seconds = useSecondsUntil(state.wait?.until);
  const isSlowed = seconds > 0 && state.wait?.why === "slow";
  const left = charactersLeft(text);
  const waiting = state.drafts.filter(({ failure }) => !failure).length;
  const note = noteOf(state, seconds, waiting);

  function send() {
    if (isBlank(text) || left < 0 || isSlowed) return;
    room.send(clean(text));
    onText("");
  }

  function onKeyDown(event: KeyboardEvent) {
    // An input method's own Enter chooses a word.
    if (event.key !== "Enter" || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  }

  return (
    <form
      className="flex flex-col gap-1.5 border-line border-t p-3"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div className="flex items-end gap-2">
        <label htmlFor={id} className="sr-only">
          {texts.chat.label}
        </label>
        <textarea
          id={id}
          rows={1}
          className="field-input field-sizing-content max-h-28 min-h-10 resize-none"
          placeholder={texts.chat.placeholder}
          value={text}
          aria-invalid={left < 0 ? true : undefined}
          aria-describedby={`${id}n`}
          enterKeyHint="send"
          onChange={(event) => onText(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <Button
          type="submit"
          aria-label={texts.chat.send}
          className="h-10 px-3"
          disabled={isBlank(text) || left < 0 || isSlowed}
        >
          <SendHorizontal aria-hidden className="size-5" />
        </Button>
      </div>
      <div id={`${id}n`} className="flex justify-between gap-3 text-quiet text-sm empty:hidden">
        {left < 0 ? (
          <span role="alert" className="text-bad">
            {texts.chat.tooLong}
          </span>
        ) : (
          note && <span>{note}</span>
        )}
        {left < NEAR && (
          <span className={`ml-auto tabular-nums ${left < 0 ? "text-bad" : ""}`}>
            {left < 0 ? texts.chat.tooMany(-left) : texts.chat.left(left)}
          </span>
        )}
      </div>
    </form>
  );
}

function noteOf(state: RoomState, seconds: number, waiting: number): string | undefined {
  if (seconds > 0)
    return state.wait?.why === "slow" ? texts.chat.slowWait(seconds) : texts.chat.tooFast(seconds);
  if (waiting > AT_ONCE && state.connection === "open") return texts.chat.queue(waiting - AT_ONCE);
  if (state.slowMode > 0) return texts.chat.slowOn(state.slowMode);
  return state.self?.userId.startsWith("guest:") ? texts.chat.says(state.self.username) : undefined;
}
