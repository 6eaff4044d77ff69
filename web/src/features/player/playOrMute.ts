/** Plays `video`. Browsers let a page do so by itself only without sound, if at all: then the viewer presses play. */
export async function playOrMute(video: HTMLVideoElement): Promise<void> {
  try {
    await video.play();
  } catch (error) {
    // Any other reason is that another source has come in between: it plays itself.
    if (!(error instanceof DOMException) || error.name !== "NotAllowedError") return;
    video.muted = true;
    await video.play().catch(() => undefined);
  }
}
