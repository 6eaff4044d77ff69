import { texts } from "../../../lib/texts";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";

const words = texts.player.keys;

/** What the keys do. */
export default function KeysDialog({ hasSpeeds, onClose }: { hasSpeeds: boolean; onClose: () => void }) {
  const rows = hasSpeeds ? [...words.rows, words.speed] : words.rows;
  return (
    <Dialog title={words.title} onClose={onClose}>
      <table className="w-full text-left">
        <thead className="sr-only">
          <tr>
            <th scope="col">{words.key}</th>
            <th scope="col">{words.does}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([keys = "", does]) => (
            <tr key={keys} className="border-line border-b last:border-0">
              <th scope="row" className="py-1.5 pr-4 font-normal">
                {keys.split(" ").map((key) => (
                  <kbd
                    key={key}
                    className="mr-1 rounded border border-line bg-raised px-1.5 font-sans text-sm"
                  >
                    {key}
                  </kbd>
                ))}
              </th>
              <td>{does}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <form method="dialog" className="flex justify-end">
        <Button type="submit">{texts.common.close}</Button>
      </form>
    </Dialog>
  );
}
