import { texts } from "../../lib/texts";
import { Button } from "../../ui/Button";
import type { Words } from "./words";

const words = texts.videos.form;

/** What somebody else has saved meanwhile; nothing that was typed is lost for it. */
export function NewestWords({ newest, onTake }: { newest: Words; onTake: () => void }) {
  const said = [
    [words.title, newest.title],
    [words.description, newest.description],
    [words.artist, newest.artist],
    [words.visibility, words.visibilities[newest.visibility]],
  ].filter(([, value]) => value);
  return (
    <section
      aria-label={words.newest}
      className="flex flex-col items-start gap-3 rounded-lg border border-line p-3"
    >
      <dl className="grid w-full grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
        {said.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-quiet">{name}</dt>
            <dd className="whitespace-pre-line [overflow-wrap:anywhere]">{value}</dd>
          </div>
        ))}
      </dl>
      <Button kind="plain" size="small" onClick={onTake}>
        {words.takeNewest}
      </Button>
    </section>
  );
}
