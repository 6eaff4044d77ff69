import type { ReactNode } from "react";
import type { Form } from "../lib/form";
import { texts } from "../lib/texts";
import { Button } from "./Button";

type Props = {
  form: Form;
  /** The word on the button that sends the form. */
  submit: string;
  /** Stands behind the button. */
  children?: ReactNode;
};

/** The end of a form: the button that sends it, and beside it why that has failed. */
export function FormFoot({ form, submit, children }: Props) {
  return (
    <div className="flex flex-col gap-3">
      {form.failure && (
        <p role="alert" className="text-bad">
          {form.isStale ? texts.common.changedElsewhere : form.failure}
        </p>
      )}
      <div className="flex flex-wrap items-center gap-3">
        {/* Not `disabled`: that would take the focus from who has pressed it. */}
        <Button
          type="submit"
          aria-disabled={form.isBusy || undefined}
          className="aria-disabled:cursor-progress aria-disabled:opacity-55"
        >
          {submit}
        </Button>
        {form.isStale && (
          <Button type="reset" kind="plain">
            {texts.common.showNewest}
          </Button>
        )}
        {children}
      </div>
    </div>
  );
}
