// How far an upload is, in words.
import { formatBytes } from "../../../lib/format";
import { texts } from "../../../lib/texts";
import type { Upload } from "./store";

const words = texts.videos.upload;

/** 0 to 100. */
export function percentOf({ sent, fileSize }: Pick<Upload, "sent" | "fileSize">): number {
  return (sent / fileSize) * 100;
}

/** About how long `seconds` are. */
export function leftWords(seconds: number): string {
  if (seconds < 90) return words.left.seconds(Math.max(1, Math.round(seconds)));
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return words.left.minutes(minutes);
  return words.left.hours(Math.floor(minutes / 60), minutes % 60);
}

/** What has come, how fast, and how long it takes. */
export function amountWords({ sent, fileSize, rate, phase }: Upload): string {
  const said = [words.amount(formatBytes(sent), formatBytes(fileSize))];
  if (phase === "SENDING" && rate !== null) {
    said.push(words.rate(formatBytes(rate)));
    if (rate > 0) said.push(leftWords((fileSize - sent) / rate));
  }
  return said.join(" · ");
}

/** What it does now. */
export function phaseWords({ phase, sent, fileSize }: Upload): string {
  return phase === "SENDING" && sent === fileSize ? words.phase.FINISHING : words.phase[phase];
}
