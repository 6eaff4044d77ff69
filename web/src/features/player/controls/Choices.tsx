import { useId } from "react";

type Props<T> = {
  title: string;
  options: { value: T; name: string }[];
  value: T;
  onChoose: (value: T) => void;
};

/** One of several, in the settings. */
export function Choices<T extends string | number>({ title, options, value, onChoose }: Props<T>) {
  const name = useId();
  return (
    <fieldset className="min-w-32">
      <legend className="px-2 pb-1 font-semibold text-sm text-white/80">{title}</legend>
      {options.map((option) => (
        <label
          key={option.value}
          className="flex items-center gap-2 rounded-lg px-2 py-1 hover:bg-white/15 has-focus-visible:bg-white/15"
        >
          <input
            type="radio"
            name={name}
            checked={option.value === value}
            onChange={() => onChoose(option.value)}
            className="accent-white"
          />
          <span className="whitespace-nowrap">{option.name}</span>
        </label>
      ))}
    </fieldset>
  );
}
