import { Share2 } from "lucide-react";
import { useState } from "react";
import { texts } from "../lib/texts";
import { Button } from "./Button";
import { CopyButton } from "./CopyButton";
import { Dialog } from "./Dialog";

type Props = {
  /** The word on the button, and the dialog's title. */
  words: string;
  title: string;
  /** What can be copied, each with its name: "link". */
  lines: { name: string; value: string }[];
};

/** Shows what is passed on to others, ready to copy. */
export function ShareButton({ words, title, lines }: Props) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <Button kind="plain" size="small" onClick={() => setIsOpen(true)}>
        <Share2 aria-hidden className="size-4" /> {words}
      </Button>
      {isOpen && (
        <Dialog title={title} onClose={() => setIsOpen(false)}>
          {lines.map(({ name, value }) => (
            <div key={name} className="flex flex-col gap-1">
              <span aria-hidden className="font-semibold first-letter:uppercase">
                {name}
              </span>
              <div className="flex gap-2">
                <input
                  readOnly
                  aria-label={name}
                  className="field-input min-w-0 flex-1"
                  value={value}
                  onFocus={(event) => event.currentTarget.select()}
                />
                <CopyButton name={name} value={() => value} />
              </div>
            </div>
          ))}
          <form method="dialog" className="flex justify-end">
            <Button type="submit" kind="plain">
              {texts.common.close}
            </Button>
          </form>
        </Dialog>
      )}
    </>
  );
}
