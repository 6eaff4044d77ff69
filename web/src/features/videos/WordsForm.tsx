import { type FormEvent, type ReactNode, useState } from "react";
import { useForm } from "../../lib/form";
import { texts } from "../../lib/texts";
import { Field, Select, TextArea } from "../../ui/Field";
import { FormFoot } from "../../ui/FormFoot";
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
  /** Stands behind the button. */
  children?: ReactNode;
};

/** Title, description, artist and visibility of a video. */
export function WordsForm({ saved, draft = saved, onSave, onDraft, children }: Props) {
  const [based, setBased] = useState(saved);
  const [shown, setShown] = useState(draft);
  const [said, setSaid] = useState("");

  const form = useForm(wordsSchema, async (next) => {
    setSaid("");
    try {
      setSaid(await onSave(based, next));
      setBased(next);
    } catch (error) {
      if (error instanceof ChangedElsewhere) setBased(error.newest);
      throw error;
    }
  });

  function change(event: FormEvent<HTMLFormElement>) {
    setSaid("");
    onDraft?.(Object.fromEntries(new FormData(event.currentTarget)) as Words);
  }

  return (
    <form
      key={form.round}
      noValidate
      className="flex flex-col gap-4"
      onSubmit={form.onSubmit}
      onReset={() => {
        setShown(based);
        onDraft?.(based);
        form.onReset();
      }}
      onChange={change}
    >
      <Field name="title" label={words.title} defaultValue={shown.title} error={form.errors.title} />
      <TextArea
        name="description"
        label={words.description}
        hint={words.descriptionHint}
        defaultValue={shown.description}
        error={form.errors.description}
      />
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
      <FormFoot form={form} submit={form.isBusy ? words.saving : texts.common.save}>
        {children}
        <p role="status" className="text-good text-sm">
          {said}
        </p>
      </FormFoot>
    </form>
  );
}
