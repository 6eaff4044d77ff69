// Native forms, checked by valibot before they are sent; what the API refuses is shown beside its field.
import { type FormEvent, useState } from "react";
import * as v from "valibot";

type Schema = v.GenericSchema<Record<string, unknown>, unknown>;
/** What a refused command says: `errors` point at fields as `/name`. */
type Refusal = {
  message: string;
  problem?: { errors?: { pointer: string; detail: string }[] | null } | undefined;
};

export type Form = {
  /** One sentence for each field that is wrong, by its name. */
  errors: Record<string, string>;
  /** What is wrong beside fields. */
  failure: string | undefined;
  isBusy: boolean;
  onSubmit: (event: FormEvent<HTMLFormElement>) => void;
};

/**
 * A form whose fields `schema` names. `submit` gets what it makes of them; what it throws is shown. Put `noValidate` on the
 * form: these words are better than the browser's.
 */
export function useForm<S extends Schema>(
  schema: S,
  submit: (values: v.InferOutput<S>, form: HTMLFormElement) => Promise<void>,
): Form {
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [failure, setFailure] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);

  async function send(form: HTMLFormElement) {
    const parsed = v.safeParse(schema, Object.fromEntries(new FormData(form)));
    if (!parsed.success) {
      const nested = v.flatten(parsed.issues).nested ?? {};
      const wrong = Object.entries(nested).map(([name, words]) => [name, words?.[0] ?? ""] as const);
      return refuse(form, Object.fromEntries(wrong), undefined);
    }
    setErrors({});
    setFailure(undefined);
    setIsBusy(true);
    try {
      await submit(parsed.output, form);
    } catch (error) {
      const { message, problem } = error as Refusal;
      const named = (problem?.errors ?? []).map(({ pointer, detail }) => [pointer.slice(1), detail] as const);
      const shown = named.filter(([name]) => form.elements.namedItem(name));
      refuse(form, Object.fromEntries(shown), shown.length ? undefined : message);
    } finally {
      setIsBusy(false);
    }
  }

  function refuse(form: HTMLFormElement, wrong: Record<string, string>, words: string | undefined) {
    setErrors(wrong);
    setFailure(words);
    const first = Object.keys(wrong).find((name) => form.elements.namedItem(name) instanceof HTMLElement);
    if (first) (form.elements.namedItem(first) as HTMLElement).focus();
  }

  return {
    errors,
    failure,
    isBusy,
    onSubmit(event) {
      event.preventDefault();
      if (!isBusy) void send(event.currentTarget);
    },
  };
}
