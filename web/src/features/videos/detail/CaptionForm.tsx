import { useState } from "react";
import * as v from "valibot";
import type { Video } from "../../../api/client";
import { FieldError, useForm } from "../../../lib/form";
import { texts } from "../../../lib/texts";
import { Field, Select } from "../../../ui/Field";
import { FormFoot } from "../../../ui/FormFoot";
import { toast } from "../../../ui/Toasts";
import { canonicalTag, languageName, offeredLanguages } from "./languages";
import { useCaptions } from "./useCaptions";

const words = texts.videos.captions;
/** Bytes of the largest file. */
const LARGEST = 256 * 1024;
/** Stands for a language that is not offered. */
const OTHER = "other";
const LANGUAGES = [...offeredLanguages(), { value: OTHER, name: words.otherLanguage }];

const schema = v.object({
  lang: v.string(),
  tag: v.optional(v.string(), ""),
  file: v.pipe(
    v.file(words.fileMissing),
    v.check(({ size }) => size > 0, words.fileMissing),
    v.check(({ size }) => size <= LARGEST, words.tooLarge),
  ),
});

/** Takes a WebVTT file for one language of a video. */
export function CaptionForm({ video }: { video: Video }) {
  const { set } = useCaptions(video);
  const [isOther, setIsOther] = useState(false);
  const form = useForm(schema, async ({ lang: offered, tag, file }, element) => {
    const lang = offered === OTHER ? canonicalTag(tag) : offered;
    if (!lang) throw new FieldError("tag", words.noTag);
    const text = await readUtf8(file);
    // U+FEFF may stand before it (WebVTT, 4.1); the decoder has taken it away.
    if (!text?.startsWith("WEBVTT")) throw new FieldError("file", words.notVtt);
    await set.mutateAsync({ lang, text });
    element.reset();
    setIsOther(false);
    toast(words.added(languageName(lang)));
  });
  return (
    <form noValidate className="flex flex-col gap-4" onSubmit={form.onSubmit} key={form.round}>
      <Select
        name="lang"
        label={words.language}
        options={LANGUAGES}
        defaultValue="en"
        onChange={(value) => setIsOther(value === OTHER)}
      />
      {isOther && (
        <Field
          name="tag"
          label={words.tag}
          hint={words.tagHint}
          autoCapitalize="none"
          spellCheck={false}
          error={form.errors.tag}
        />
      )}
      <Field
        name="file"
        type="file"
        label={words.file}
        hint={words.fileHint}
        accept=".vtt,text/vtt"
        error={form.errors.file}
      />
      <FormFoot form={form} submit={words.add} />
    </form>
  );
}

/** The text of a file; undefined when it is no UTF-8. */
async function readUtf8(file: File): Promise<string | undefined> {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
  } catch {
    return undefined;
  }
}
