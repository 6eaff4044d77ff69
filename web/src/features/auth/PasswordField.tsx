import { useState } from "react";
import { texts } from "../../lib/texts";
import { Field } from "../../ui/Field";

const t = texts.auth;

type Props = {
  label: string;
  name: string;
  hint?: string;
  error: string | undefined;
  /** `current-password` or `new-password`, for those who keep passwords for people. */
  autoComplete: string;
};

/** A password that can be looked at. */
export function PasswordField(props: Props) {
  const [isShown, setIsShown] = useState(false);
  return (
    <Field
      {...props}
      type={isShown ? "text" : "password"}
      autoCapitalize="none"
      spellCheck={false}
      beside={
        <button
          type="button"
          aria-pressed={isShown}
          aria-label={t.showPassword}
          className="text-accent text-sm hover:underline"
          onClick={() => setIsShown(!isShown)}
        >
          {isShown ? t.hide : t.show}
        </button>
      }
    />
  );
}
