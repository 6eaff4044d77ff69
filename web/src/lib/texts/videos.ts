export const videos = {
  title: "Videos",
  yours: "Your videos",
  newest: "Newest videos",
  uploadOne: "Upload a video",
  none: "There is nothing to watch yet",
  noneWords: "Be the first: upload a video, or go live and keep the recording.",
  noneOfYours: "You have no videos yet",
  noneOfYoursWords: "Upload a file, or go live: the recording of a stream becomes a video here.",
  morePending: "Loading more ...",
  unlisted: "Unlisted",
  processing: (percent: number) => `Processing ${Math.floor(percent)} %`,
  failed: "Processing failed.",
};
