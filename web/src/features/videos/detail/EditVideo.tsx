import { Pencil } from "lucide-react";
import { useState } from "react";
import type { Video } from "../../../api/client";
import { texts } from "../../../lib/texts";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { toast } from "../../../ui/Toasts";
import { WordsForm } from "../WordsForm";
import { saveWords, wordsOf } from "../words";

const words = texts.videos.edit;

/** Changes what is said about a video, and who finds it. */
export function EditVideo({ video }: { video: Video }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <Button kind="plain" size="small" onClick={() => setIsOpen(true)}>
        <Pencil aria-hidden className="size-4" /> {words.action}
      </Button>
      {isOpen && (
        <Dialog title={words.title} onClose={() => setIsOpen(false)}>
          <WordsForm
            saved={wordsOf(video)}
            onSave={async (based, next) => {
              await saveWords(video.id, based, next);
              setIsOpen(false);
              toast(texts.common.saved);
              return texts.common.saved;
            }}
          >
            <Button kind="plain" onClick={() => setIsOpen(false)}>
              {texts.common.cancel}
            </Button>
          </WordsForm>
        </Dialog>
      )}
    </>
  );
}
