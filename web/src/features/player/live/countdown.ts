/** How long `seconds` are as a countdown shows them: `2 d 03:04:05`, `03:04:05`, `04:05`. */
export function formatLeft(seconds: number): string {
  const whole = Math.max(Math.ceil(seconds), 0);
  const [days, hours, minutes] = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3600) % 24,
    Math.floor(whole / 60) % 60,
  ];
  const two = (part: number) => String(part).padStart(2, "0");
  const clock = [...(days || hours ? [hours] : []), minutes, whole % 60].map(two).join(":");
  return days ? `${days} d ${clock}` : clock;
}
