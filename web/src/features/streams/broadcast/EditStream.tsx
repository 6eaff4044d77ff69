import { useState } from "react";
import type { Known } from "../../../api/streams";
import { texts } from "../../../lib/texts";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { toast } from "../../../ui/Toasts";
import { StreamForm } from "../StreamForm";

const words = texts.broadcast;

/** Changes the words and settings of a stream. */
export function EditStream({ known }: { known: Known }) {
  const [isOpen, setIsOpen] = useState(false);
  const close = () => setIsOpen(false);
  return (
    <>
      <Button kind="plain" onClick={() => setIsOpen(true)}>
        {words.edit}
      </Button>
      {isOpen && (
        <Dialog title={words.editTitle} onClose={close}>
          <StreamForm
            stream={known.stream}
            etag={known.etag}
            onSaved={() => {
              toast(texts.common.saved);
              close();
            }}
          />
        </Dialog>
      )}
    </>
  );
}
