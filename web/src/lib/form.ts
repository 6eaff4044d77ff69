// Native forms, checked by valibot before they are sent; what the API refuses is shown beside its field.
import { type FormEvent, useState } from "react";
import * as v from "valibot";

type Schema = v.GenericSchema<Record<string, unknown>, unknown>;
/** What a refused command says: `errors` point at fields as `/name`. */
type Refusal = {
  message: string;
  status?: number;
  problem?: { errors?: { pointer: string; detail: string }[] | null } | undefined;
};

/** To be thrown by `submit`: one field is wrong, by what the page knows. */
export class FieldError extends Error {
  readonly problem;

  constructor(name: string, words: string) {
    super(words);
    this.problem = { errors: [{ pointer: `/${name}`, detail: words }] };
  }
}

export type Form = {
  /** One sentence for each field that is wrong, by its name. */
  errors: Record<string, string>;
  /** What is wrong beside fields. */
  failure: string | undefined;
  isBusy: boolean;
  /** Somebody else has changed what it edits: the next submit overwrites that, a reset shows it. */
  isStale: boolean;
  /** The form's `key`: a reset makes its fields anew, from what is the newest by then. */
  round: number;
  onSubmit: (event: FormEvent<HTMLFormElement>) => void;
  onReset: () => void;
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
  const [isStale, setIsStale] = useState(false);
  const [round, setRound] = useState(0);

  async function send(form: HTMLFormElement) {
    const parsed = v.safeParse(schema, Object.fromEntries(new FormData(form)));
    if (!parsed.success) {
      const nested = v.flatten(parsed.issues).nested ?? {};
      const wrong = Object.entries(nested).map(([name, words]) => [name, words?.[0] ?? ""] as const);
      return refuse(form, Object.fromEntries(wrong), undefined);
    }
    forget();
    setIsBusy(true);
    try {
      await submit(parsed.output, form);
    } catch (error) {
      const { message, status, problem } = error as Refusal;
      setIsStale(status === 412);
      const named = (problem?.errors ?? []).map(
        ({ pointer, detail }) => [pointer.slice(1), sentence(detail)] as const,
      );
      const shown = named.filter(([name]) => form.elements.namedItem(name));
      refuse(form, Object.fromEntries(shown), shown.length ? undefined : message);
    } finally {
      setIsBusy(false);
    }
  }

  function forget() {
    setErrors({});
    setFailure(undefined);
    setIsStale(false);
  }

  function refuse(form: HTMLFormElement, wrong: Record<string, string>, words: string | undefined) {
    setErrors(wrong);
    setFailure(words);
    const fields = [...form.elements].filter(
      (field) => field instanceof HTMLElement && Object.hasOwn(wrong, field.getAttribute("name") ?? ""),
    ) as HTMLElement[];
    // What is wrong must not stay folded away.
    for (const field of fields) field.closest("details")?.setAttribute("open", "");
    fields[0]?.focus();
  }

  return {
    errors,
    failure,
    isBusy,
    isStale,
    round,
    onSubmit(event) {
      event.preventDefault();
      if (!isBusy) void send(event.currentTarget);
    },
    onReset() {
      forget();
      setRound(round + 1);
    },
  };
}

/** The API's reasons go on after a field's name; beside the field they stand alone. */
function sentence(detail: string): string {
  const stop = /[.!?]$/.test(detail) ? "" : ".";
  return detail.slice(0, 1).toUpperCase() + detail.slice(1) + stop;
}
