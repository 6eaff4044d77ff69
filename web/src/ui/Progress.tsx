type Props = { label: string; percent: number };

/** How far something is, 0 to 100. */
export function Progress({ label, percent }: Props) {
  const whole = Math.floor(Math.min(Math.max(percent, 0), 100));
  return (
    <label className="flex flex-col gap-1">
      <span className="flex justify-between gap-4">
        <span>{label}</span>
        <span className="whitespace-nowrap tabular-nums">{whole} %</span>
      </span>
      <progress
        value={whole}
        max={100}
        className="h-2 w-full appearance-none overflow-hidden rounded-full bg-raised [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-raised [&::-webkit-progress-value]:bg-accent"
      />
    </label>
  );
}
