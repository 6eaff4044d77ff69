/** A bar with words. */
export function Progress({ label, percent }: { label: string; percent: number }) {
  const value = Math.min(100, Math.floor(percent));
  return (
    <label className="progress">
      <span>
        {label} <b>{value}%</b>
      </span>
      <progress max={100} value={value} />
    </label>
  );
}
