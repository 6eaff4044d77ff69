import { useEffect, useState } from "react";
import { Dialog } from "./Dialog";

/** How long the button says that it has copied, in milliseconds. */
const SAID = 2000;

type Props = { name: string; value: () => Promise<string | undefined> };

/** Copies what `value` gives. Where the clipboard is refused, a dialog shows it selected and says what to press. */
export function CopyButton({ name, value }: Props) {
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
      <button type="button" aria-label={`Copy the ${name}`} onClick={copy}>
        {isCopied ? "Copied" : "Copy"}
      </button>
      <span className="hidden" role="status">
        {isCopied && `The ${name} is copied.`}
      </span>
      {byHand !== undefined && (
        <Dialog title={`Copy the ${name}`} onClose={() => setByHand(undefined)}>
          <p>
            Your browser does not let the page copy. Press <kbd>Ctrl</kbd> + <kbd>C</kbd>, on a Mac{" "}
            <kbd>⌘</kbd> + <kbd>C</kbd>.
          </p>
          <input
            aria-label={name}
            readOnly
            value={byHand}
            ref={(input) => input?.select()}
            onFocus={(event) => event.currentTarget.select()}
          />
          <form method="dialog">
            <button type="submit">Done</button>
          </form>
        </Dialog>
      )}
    </>
  );
}
