import { type FormEvent, type ReactNode, useState } from "react";
import { useForm } from "../../lib/form";
import { texts } from "../../lib/texts";
import { Button } from "../../ui/Button";
import { Field, Select, TextArea } from "../../ui/Field";
import { NewestWords } from "./NewestWords";
import { ChangedElsewhere, type Words, wordsSchema } from "./words";

const words = texts.videos.form;
const VISIBILITIES = Object.entries(words.visibilities).map(([value, name]) => ({ value, name }));

type Props = {
  /** What is saved. */
  saved: Words;
  /** What stands in the fields at first, where that is not what is saved. */
  draft?: Words | undefined;
  /** Saves; what it answers is shown. */
  onSave: (based: Words, next: Words) => Promise<string>;
  onDraft?: (draft: Words) => void;
  /** Stands before the button. */
  children?: ReactNode;
};

/** Title, description, artist and visibility of a video. */
export function WordsForm({ saved, draft = saved, onSave, onDraft, children }: Props) {
  const [based, setBased] = useState(saved);
  const [shown, setShown] = useState(draft);
  const [newest, setNewest] = useState<Words>();
  const [said, setSaid] = useState("");
  // Other fields take their first values anew.
  const [round, setRound] = useState(0);

  const form = useForm(wordsSchema, async (next) => {
    setSaid("");
    try {
      setSaid(await onSave(based, next));
      setBased(next);
      setNewest(undefined);
    } catch (error) {
      if (error instanceof ChangedElsewhere) {
        setNewest(error.newest);
        setBased(error.newest);
      }
      throw error;
    }
  });

  function change(event: FormEvent<HTMLFormElement>) {
    setSaid("");
    onDraft?.(Object.fromEntries(new FormData(event.currentTarget)) as Words);
  }

  function takeNewest(taken: Words) {
    setShown(taken);
    setNewest(undefined);
    setRound(round + 1);
    onDraft?.(taken);
  }

  return (
    <form key={round} noValidate className="flex flex-col gap-4" onSubmit={form.onSubmit} onChange={change}>
      <Field name="title" label={words.title} defaultValue={shown.title} error={form.errors.title} required />
      <TextArea
        name="description"
        label={words.description}
        hint={words.descriptionHint}
        defaultValue={shown.description}
        error={form.errors.description}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <Field
          name="artist"
          label={words.artist}
          hint={words.artistHint}
          defaultValue={shown.artist}
          error={form.errors.artist}
        />
        <Select
          name="visibility"
          label={words.visibility}
          options={VISIBILITIES}
          defaultValue={shown.visibility}
          error={form.errors.visibility}
        />
      </div>
      {form.failure && !round && (
        <p role="alert" className="text-bad">
          {form.failure}
        </p>
      )}
      {newest && <NewestWords newest={newest} onTake={() => takeNewest(newest)} />}
      <div className="flex flex-wrap items-center justify-end gap-3">
        <p role="status" className="mr-auto text-good text-sm">
          {said}
        </p>
        {children}
        <Button type="submit" disabled={form.isBusy}>
          {form.isBusy ? words.saving : words.save}
        </Button>
      </div>
    </form>
  );
}
