// The addresses a video is shared by.

/** The link that shows a preview where it is pasted; from `seconds` on when they are given. */
export function linkOf(origin: string, videoId: string, seconds = 0): string {
  const from = Math.floor(seconds) > 0 ? `?t=${Math.floor(seconds)}` : "";
  return `${origin}/watch/${videoId}${from}`;
}

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** What other sites put into their pages to show a video. */
export function embedCode(origin: string, video: { id: string; title: string }): string {
  const title = video.title.replace(/[&<>"]/g, (letter) => ESCAPES[letter] ?? letter);
  const words = 'frameborder="0" allow="autoplay; fullscreen; picture-in-picture" allowfullscreen';
  return `<iframe src="${origin}/embed/${video.id}" width="640" height="360" title="${title}" ${words}></iframe>`;
}
