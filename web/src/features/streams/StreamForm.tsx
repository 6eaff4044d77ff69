import type { Stream } from "../../api/client";
import { useForm } from "../../lib/form";
import { texts } from "../../lib/texts";
import { toLocalInput, zoneName } from "../../lib/time";
import { Check, Field, Select, TextArea } from "../../ui/Field";
import { FormFoot } from "../../ui/FormFoot";
import { StreamOptions } from "./StreamOptions";
import { DEFAULTS, settingsOf, settingsRules } from "./settings";
import { useSaveStream } from "./useSaveStream";

const t = texts.streams.form;

type Props = {
  /** What is edited, and its version; a new stream when absent. */
  stream?: Stream;
  etag?: string;
  onSaved: (stream: Stream) => void;
};

/** Announces a stream, or changes one. */
export function StreamForm({ stream, etag = "*", onSaved }: Props) {
  const { base, save } = useSaveStream(stream && { stream, etag });
  const before = base?.stream;
  const shown = before ? settingsOf(before) : DEFAULTS;
  const form = useForm(settingsRules(shown.scheduledAt), async (settings) => onSaved(await save(settings)));
  const isAnnounced = !before || before.state === "CREATED";
  return (
    <form
      key={form.round}
      className="flex flex-col gap-5"
      noValidate
      onSubmit={form.onSubmit}
      onReset={form.onReset}
    >
      <Field label={t.title} name="title" defaultValue={shown.title} error={form.errors.title} />
      <TextArea
        label={t.description}
        name="description"
        defaultValue={shown.description}
        hint={t.descriptionHint}
        error={form.errors.description}
      />
      {isAnnounced && (
        <Field
          label={t.scheduledAt}
          name="scheduledAt"
          type="datetime-local"
          min={toLocalInput(new Date())}
          defaultValue={shown.scheduledAt ? toLocalInput(shown.scheduledAt) : ""}
          hint={t.scheduledHint(zoneName())}
          error={form.errors.scheduledAt}
        />
      )}
      <Select
        label={t.visibility}
        name="visibility"
        defaultValue={shown.visibility}
        options={Object.entries(t.visibilities).map(([value, name]) => ({ value, name }))}
        error={form.errors.visibility}
      />
      <Check
        label={t.recording}
        name="recordingEnabled"
        hint={t.recordingHint}
        defaultChecked={shown.recordingEnabled}
      />
      <StreamOptions settings={shown} errors={form.errors} />
      <FormFoot form={form} submit={before ? t.save : t.create} />
    </form>
  );
}
