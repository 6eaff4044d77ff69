import { Upload } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { texts } from "../../../lib/texts";
import { Button } from "../../../ui/Button";
import { ACCEPT, refusalOf } from "./kinds";

const words = texts.videos.upload;

/** Takes files that are chosen, or dropped anywhere on the page; says why it does not take others. */
export function DropZone({ onFiles }: { onFiles: (files: File[]) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setIsOver] = useState(false);
  const [refusals, setRefusals] = useState<string[]>([]);

  function take(files: File[]) {
    setRefusals(files.map(refusalOf).filter((words) => words !== undefined));
    const good = files.filter((file) => !refusalOf(file));
    if (good.length) onFiles(good);
  }

  const taking = useRef(take);
  taking.current = take;
  useEffect(() => {
    const control = new AbortController();
    const { signal } = control;
    // Beside the zone too: the browser would leave the page for the file.
    const over = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      setIsOver(true);
    };
    const drop = (event: DragEvent) => {
      event.preventDefault();
      setIsOver(false);
      taking.current([...(event.dataTransfer?.files ?? [])]);
    };
    const leave = (event: DragEvent) => {
      if (!event.relatedTarget) setIsOver(false);
    };
    window.addEventListener("dragover", over, { signal });
    window.addEventListener("drop", drop, { signal });
    window.addEventListener("dragleave", leave, { signal });
    return () => control.abort();
  }, []);

  return (
    <div className="flex flex-col gap-3">
      <div
        className={`flex flex-col items-center gap-3 rounded-xl border-2 border-dashed px-6 py-10 text-center ${
          isOver ? "border-accent bg-raised" : "border-line bg-card"
        }`}
      >
        <Upload aria-hidden className="size-10 text-quiet" />
        <p className="font-semibold text-lg max-md:sr-only">{words.drop}</p>
        <Button onClick={() => input.current?.click()}>{words.choose}</Button>
        <p className="text-quiet text-sm">{words.kinds}</p>
        <input
          ref={input}
          type="file"
          multiple
          hidden
          accept={ACCEPT}
          aria-label={words.input}
          onChange={(event) => {
            take([...(event.target.files ?? [])]);
            // The same file may be chosen again.
            event.target.value = "";
          }}
        />
      </div>
      {refusals.length > 0 && (
        <div role="alert" className="flex flex-col gap-1 text-bad">
          {refusals.map((refusal) => (
            <p key={refusal}>{refusal}</p>
          ))}
        </div>
      )}
    </div>
  );
}
