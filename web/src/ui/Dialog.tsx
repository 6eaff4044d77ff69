import { type ReactNode, useId, useLayoutEffect, useRef } from "react";
import { Button } from "./Button";

type Props = { title: string; onClose: () => void; children: ReactNode };

/** A modal dialog; Escape and a click beside it close it. */
export function Dialog({ title, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    // Closed before it is taken away, it gives the focus back to where it was.
    return () => element?.close();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape is the keyboard's way, and the browser's own
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current?.close()}
      className="m-auto w-[min(32rem,calc(100vw-2rem))] rounded-xl border border-line bg-card p-0 text-ink"
    >
      <div className="flex flex-col gap-4 p-5">
        <h2 id={id} className="font-bold text-lg">
          {title}
        </h2>
        {children}
      </div>
    </dialog>
  );
}

type Question = {
  title: string;
  /** What happens then. */
  children: ReactNode;
  /** The word on the button that does it, and on the one that does not. */
  yes: string;
  no: string;
  onYes: () => void;
  onClose: () => void;
};

/** Asks before something that cannot be taken back. */
export function Confirm({ title, children, yes, no, onYes, onClose }: Question) {
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      <form method="dialog" className="flex flex-wrap justify-end gap-2">
        <Button type="submit" kind="plain" autoFocus>
          {no}
        </Button>
        <Button type="submit" kind="danger" onClick={onYes}>
          {yes}
        </Button>
      </form>
    </Dialog>
  );
}
