import { piecesOf } from "./links";

/** What somebody has written about a video, with its line breaks and links. */
export function Description({ text }: { text: string }) {
  let at = 0;
  return (
    <p className="max-w-prose whitespace-pre-line [overflow-wrap:anywhere]">
      {piecesOf(text).map(({ text, href }) => {
        const key = at;
        at += text.length;
        if (!href) return <span key={key}>{text}</span>;
        return (
          <a
            key={key}
            href={href}
            rel="noopener noreferrer nofollow ugc"
            target="_blank"
            className="text-accent underline"
          >
            {text}
          </a>
        );
      })}
    </p>
  );
}
