import { type InputHTMLAttributes, type ReactNode, type TextareaHTMLAttributes, useId } from "react";

type Around = {
  label: string;
  name: string;
  hint?: ReactNode;
  error?: string | undefined;
  /** Stands at the other end of the label's line. */
  beside?: ReactNode;
};

function useDescribed({ hint, error }: Pick<Around, "hint" | "error">) {
  const id = useId();
  const by = [hint && `${id}h`, error && `${id}e`].filter(Boolean).join(" ");
  return { id, hintId: `${id}h`, errorId: `${id}e`, by: by || undefined };
}

type Described = ReturnType<typeof useDescribed>;

function Frame({
  label,
  hint,
  error,
  beside,
  at,
  children,
}: Omit<Around, "name"> & { at: Described; children: ReactNode }) {
  return (
    <div className="flex flex-col gap-1">
      <div className="flex items-baseline justify-between gap-3">
        <label htmlFor={at.id} className="font-semibold">
          {label}
        </label>
        {beside}
      </div>
      {children}
      {hint && (
        <p id={at.hintId} className="text-quiet text-sm">
          {hint}
        </p>
      )}
      {error && (
        <p id={at.errorId} className="text-bad text-sm" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

/** A labelled input with what helps and what is wrong. */
export function Field({
  label,
  hint,
  error,
  beside,
  ...rest
}: Around & InputHTMLAttributes<HTMLInputElement>) {
  const at = useDescribed({ hint, error });
  return (
    <Frame label={label} hint={hint} error={error} beside={beside} at={at}>
      <input
        id={at.id}
        className="field-input"
        aria-invalid={error ? true : undefined}
        aria-describedby={at.by}
        {...rest}
      />
    </Frame>
  );
}

/** The same of several lines. */
export function TextArea({
  label,
  hint,
  error,
  ...rest
}: Omit<Around, "beside"> & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  const at = useDescribed({ hint, error });
  return (
    <Frame label={label} hint={hint} error={error} at={at}>
      <textarea
        id={at.id}
        rows={4}
        className="field-input"
        aria-invalid={error ? true : undefined}
        aria-describedby={at.by}
        {...rest}
      />
    </Frame>
  );
}

type Options = Omit<Around, "beside"> & {
  options: { value: string; name: string }[];
  defaultValue?: string | undefined;
  value?: string;
  disabled?: boolean;
  onChange?: (value: string) => void;
};

/** One of several. */
export function Select({ label, hint, error, options, onChange, name, ...rest }: Options) {
  const at = useDescribed({ hint, error });
  return (
    <Frame label={label} hint={hint} error={error} at={at}>
      <select
        id={at.id}
        name={name}
        className="field-input"
        aria-invalid={error ? true : undefined}
        aria-describedby={at.by}
        onChange={(event) => onChange?.(event.target.value)}
        {...rest}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.name}
          </option>
        ))}
      </select>
    </Frame>
  );
}

type Switch = { label: string; name: string; hint?: ReactNode } & InputHTMLAttributes<HTMLInputElement>;

/** Yes or no. */
export function Check({ label, hint, ...rest }: Switch) {
  const at = useDescribed({ hint });
  return (
    <div className="flex items-start gap-2.5">
      <input
        id={at.id}
        type="checkbox"
        className="mt-1 size-4 accent-accent"
        aria-describedby={at.by}
        {...rest}
      />
      <div>
        <label htmlFor={at.id}>{label}</label>
        {hint && (
          <p id={at.hintId} className="text-quiet text-sm">
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}
