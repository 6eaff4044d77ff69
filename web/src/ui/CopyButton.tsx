import { useEffect, useState } from "react";
import { texts } from "../lib/texts";
import { Button } from "./Button";
import { Dialog } from "./Dialog";

/** How long the button says that it has copied, in milliseconds. */
const SAID = 2000;

type Props = {
  /** What is copied, as a noun: "link". */
  name: string;
  /** Gives the text; undefined when it cannot be had, which the giver has said. */
  value: () => Promise<string | undefined> | string;
  /** The word on the button; "Copy" when absent. */
  words?: string;
};

/** Copies what `value` gives. Where the clipboard is refused, a dialog shows it selected and says what to press. */
export function CopyButton({ name, value, words = texts.common.copyWord }: Props) {
  const [isCopied, setIsCopied] = useState(false);
  const [byHand, setByHand] = useState<string>();

  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(setIsCopied, SAID, false);
    return () => clearTimeout(timer);
  }, [isCopied]);

  async function copy() {
    const text = await value();
    if (text === undefined) return;
    try {
      // Absent where the page is not served securely.
      await navigator.clipboard.writeText(text);
      setIsCopied(true);
    } catch {
      setByHand(text);
    }
  }

  return (
    <>
      <Button kind="plain" aria-label={texts.common.copy(name)} onClick={copy}>
        {isCopied ? texts.common.copied : words}
      </Button>
      <span className="sr-only" role="status">
        {isCopied && texts.common.isCopied(name)}
      </span>
      {byHand !== undefined && (
        <Dialog title={texts.common.copy(name)} onClose={() => setByHand(undefined)}>
          <p>{texts.common.copyByHand}</p>
          <input
            aria-label={name}
            className="field-input"
            readOnly
            value={byHand}
            ref={(input) => input?.select()}
            onFocus={(event) => event.currentTarget.select()}
          />
          <form method="dialog" className="flex justify-end">
            <Button type="submit">{texts.common.close}</Button>
          </form>
        </Dialog>
      )}
    </>
  );
}
