//! Ordering transcodes, and what is done with their reports. At most one job of an attempt counts: the one that is noted
//! first; any other is cancelled.

use super::ladder::{self, Rendition};
use super::state::Command;
use super::{FailureCode, Media, Progress, Status, Thumbnail, Video, Videos, names};
use crate::error::{Error, PortErrorKind, Result};
use crate::ids::{UserId, VideoId};
use crate::ports::{Listed, NewObject};

/// What the transcoder is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// The owner.
    pub user_id: UserId,
    /// The video.
    pub video_id: VideoId,
    /// The attempt.
    pub attempt: u32,
    /// The source in the upload bucket.
    pub source_key: String,
    /// The base of every rendition's name in the media bucket.
    pub base: String,
    /// The renditions, largest first.
    pub renditions: Vec<Rendition>,
    /// Whether they have sound.
    pub has_audio: bool,
    /// Frames per second, when not the source's.
    pub frame_rate: Option<u32>,
    /// The base of the thumbnails' names in the media bucket.
    pub thumbnail_base: String,
    /// Pixels, wide and high.
    pub thumbnail_size: (u32, u32),
    /// Seconds between two of them.
    pub thumbnail_interval: u64,
    /// Seconds of the source that are used.
    pub clip_seconds: u64,
}

/// Seconds between thumbnails when nobody knows how long the source is.
const BLIND_INTERVAL: u64 = 10;
const PLAYLIST_TYPE: &str = "application/vnd.apple.mpegurl";
/// The master playlist may be rebuilt, a poster chosen again.
const PLAYLIST_CACHE: &str = "public, max-age=2";
pub(crate) const POSTER_CACHE: &str = "public, max-age=60";
pub(crate) const POSTER_TYPE: &str = "image/jpeg";

impl Order {
    /// The order of the current attempt of a video whose source was accepted.
    pub fn of(video: &Video, max_duration_seconds: u64) -> Option<Self> {
        let input = video.input.as_ref()?;
        let (user, id) = (video.user_id, video.id);
        Some(Self {
            user_id: user,
            video_id: id,
            attempt: video.attempt,
            source_key: video.uploaded()?.key.clone(),
            base: names::media_base(user, id),
            renditions: ladder::renditions(input),
            has_audio: input.has_audio,
            frame_rate: input
                .frame_rate
                .filter(|rate| *rate > f64::from(ladder::MAX_FRAME_RATE) + 0.1)
                .map(|_| ladder::MAX_FRAME_RATE),
            thumbnail_base: names::thumbnail_base(user, id),
            thumbnail_size: ladder::thumbnail_size(input),
            thumbnail_interval: thumbnail_interval(input.duration_ms),
            clip_seconds: max_duration_seconds,
        })
    }
}

fn thumbnail_interval(duration_ms: Option<u64>) -> u64 {
    duration_ms.map_or(BLIND_INTERVAL, ladder::thumbnail_interval)
}

/// What the transcoder says about a job.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The owner of the video it was ordered for.
    pub user_id: UserId,
    /// The video.
    pub video_id: VideoId,
    /// The attempt.
    pub attempt: u32,
    /// The job.
    pub job_id: String,
    /// What happened.
    pub news: News,
}

/// What happened to a job.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// It goes on.
    Progress(Progress),
    /// Its outputs are written.
    Complete {
        /// Milliseconds of the longest output.
        duration_ms: Option<u64>,
    },
    /// It failed; the number is MediaConvert's error code.
    Failed(u32),
    /// Somebody cancelled it.
    Canceled,
}

impl Videos {
    /// Orders the job of the current attempt and notes it. With `adopt`, a job that an earlier try ordered and could not
    /// note is looked for first: the transcoder itself tells repetitions for a minute only.
    pub async fn submit(&self, video: &Video, adopt: bool) -> Result<()> {
        let order = Order::of(video, self.limits.duration_seconds);
        let order = order.ok_or_else(|| Error::Internal(format!("{} has no input", video.id).into()))?;
        let known = if adopt { self.transcoder.find_jobs(&order.source_key).await? } else { Vec::new() };
        let wanted = (Some(video.id.to_string()), Some(video.attempt));
        let known = known.into_iter().rfind(|job| job.is_good && (job.video_id.clone(), job.attempt) == wanted);
        let job_id = match known {
            Some(job) => job.id,
            None => match self.transcoder.create_job(&order).await {
                Ok(job_id) => job_id,
                // Asking again would get the same answer.
                Err(error) if error.kind == PortErrorKind::Rejected => {
                    let fail = Command::Fail { attempt: video.attempt, code: FailureCode::Internal };
                    self.act(video.user_id, video.id, None, fail).await?;
                    return Err(error.into());
                }
                Err(error) => return Err(error.into()),
            },
        };
        let noted = self.catalog.note_job(video.user_id, video.id, video.attempt, &job_id).await?;
        if noted.as_deref() != Some(&job_id) {
            self.transcoder.cancel_job(&job_id).await?;
        }
        Ok(())
    }

    /// Takes in a report. Reports come late, twice, out of order and of attempts that are over; those change nothing.
    pub async fn take_report(&self, report: Report) -> Result<()> {
        let Report { user_id, video_id, attempt, job_id, news } = report;
        if let News::Progress(progress) = news {
            return Ok(self.catalog.note_progress(user_id, video_id, attempt, &progress).await?);
        }
        let Some(current) = self.catalog.video_of(user_id, video_id).await? else { return Ok(()) };
        let video = current.video;
        if video.status != Status::Processing || video.attempt != attempt {
            return Ok(());
        }
        let is_other = current.job_id.is_some_and(|noted| noted != job_id);
        let command = match news {
            News::Progress(_) => return Ok(()),
            News::Complete { duration_ms } => match self.publish(&video, duration_ms).await? {
                Some(media) => Command::Complete { attempt, media },
                None => Command::Fail { attempt, code: FailureCode::Internal },
            },
            News::Failed(_) | News::Canceled if is_other => return Ok(()),
            News::Failed(code) => Command::Fail { attempt, code: failure_of(code) },
            News::Canceled => Command::Fail { attempt, code: FailureCode::Internal },
        };
        let is_ready = matches!(command, Command::Complete { .. });
        self.act(user_id, video_id, None, command).await?;
        if is_ready
            && !self.limits.keep_sources
            && let Some(uploaded) = video.uploaded()
        {
            self.uploads.delete(std::slice::from_ref(&uploaded.key)).await?;
        }
        Ok(())
    }

    /// Verifies what an attempt wrote and publishes it; the master playlist is written last. `None` when something that
    /// was ordered is missing.
    async fn publish(&self, video: &Video, duration_ms: Option<u64>) -> Result<Option<Media>> {
        let Some(input) = &video.input else { return Ok(None) };
        let (user, id) = (video.user_id, video.id);
        let listed = self.media.list(&format!("{}/", names::media_base(user, id))).await?;
        let renditions = ladder::renditions(input);
        let is_whole = renditions.iter().all(|rendition| has_rendition(&listed, user, id, rendition.label));
        let transcoded = self.media.read(&names::transcoded_playlist(user, id), 0, 256 * 1024).await?;
        let master = transcoded.and_then(|bytes| rebuild(&bytes, id, &renditions));
        let (true, Some(master)) = (is_whole, master) else { return Ok(None) };

        let thumbnails =
            thumbnails(&listed, video, ladder::thumbnail_size(input), thumbnail_interval(input.duration_ms));
        // Not the first: many videos begin in black.
        let poster = thumbnails.len() / 3;
        if let Some(thumbnail) = thumbnails.get(poster) {
            self.media.copy(&thumbnail.key, &names::poster(user, id), POSTER_TYPE, POSTER_CACHE).await?;
        }
        let playlist = NewObject {
            key: names::master_playlist(user, id),
            body: master.into_bytes(),
            content_type: PLAYLIST_TYPE,
            content_encoding: None,
            cache_control: PLAYLIST_CACHE,
        };
        self.media.put(playlist).await?;
        let (width, height) = renditions.first().map_or((0, 0), |largest| (largest.width, largest.height));
        Ok(Some(Media {
            chat: None,
            playlist: None,
            duration_ms: duration_ms.or(input.duration_ms).unwrap_or_default(),
            width,
            height,
            renditions: renditions.iter().map(|rendition| rendition.label.to_owned()).collect(),
            thumbnails,
            poster,
        }))
    }
}

/// MediaConvert's error codes in the words of a video's owner.
fn failure_of(code: u32) -> FailureCode {
    match code {
        1010 | 1030 | 1075 => FailureCode::Corrupt,
        1020 => FailureCode::NoVideoTrack,
        1056 | 1076 => FailureCode::Truncated,
        _ => FailureCode::Internal,
    }
}

/// A rendition is there when its playlist and at least one segment are.
fn has_rendition(listed: &[Listed], user: UserId, video: VideoId, label: &str) -> bool {
    let playlist = names::rendition_playlist(user, video, label);
    let segments = playlist.trim_end_matches(".m3u8").to_owned() + "_";
    listed.iter().any(|object| object.key == playlist && object.size > 0)
        && listed.iter().any(|object| object.key.starts_with(&segments) && object.size > 0)
}

/// The master playlist with names relative to the video's own folder; `None` unless it lists every rendition.
fn rebuild(transcoded: &[u8], video: VideoId, renditions: &[Rendition]) -> Option<String> {
    let text = std::str::from_utf8(transcoded).ok().filter(|text| text.starts_with("#EXTM3U"))?;
    let folder = format!("{video}/");
    let line = |line: &str| if line.starts_with('#') { line.to_owned() } else { line.replacen(&folder, "", 1) };
    let lines: Vec<String> = text.lines().map(line).collect();
    let lists = |label: &str| lines.iter().any(|line| *line == format!("{label}/playlist.m3u8"));
    renditions.iter().all(|rendition| lists(rendition.label)).then(|| lines.join("\n") + "\n")
}

fn thumbnails(listed: &[Listed], video: &Video, (width, height): (u32, u32), interval: u64) -> Vec<Thumbnail> {
    let base = names::thumbnail_base(video.user_id, video.id) + ".";
    let keys = listed.iter().filter(|object| object.key.starts_with(&base) && object.size > 0);
    let numbered = keys.zip(0..);
    numbered
        .map(|(object, number)| Thumbnail { key: object.key.clone(), at_ms: number * interval * 1000, width, height })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{sample_input, sample_video};

    #[test]
    fn the_master_playlist_is_rebuilt_for_its_own_folder() {
        let video = sample_video();
        let renditions = ladder::renditions(&sample_input());
        let lines: Vec<String> = renditions
            .iter()
            .map(|one| format!("#EXT-X-STREAM-INF:BANDWIDTH=1\n{}/{}/playlist.m3u8\n", video.id, one.label))
            .collect();
        let transcoded = format!("#EXTM3U\n{}", lines.concat());
        let master = rebuild(transcoded.as_bytes(), video.id, &renditions).unwrap();
        assert!(master.contains("\n1080p/playlist.m3u8\n") && !master.contains(&video.id.to_string()), "{master}");
        assert_eq!(rebuild(b"#EXTM3U\n", video.id, &renditions), None);
        assert_eq!(rebuild(lines.concat().as_bytes(), video.id, &renditions), None);
    }

    #[test]
    fn fast_sources_are_slowed_to_sixty_frames() {
        for (rate, expected) in [(None, None), (Some(59.94), None), (Some(60.0), None), (Some(120.0), Some(60))] {
            let input = super::super::source::Input { frame_rate: rate, ..sample_input() };
            let video = Video { input: Some(input), ..sample_video() };
            assert_eq!(Order::of(&video, 60).unwrap().frame_rate, expected, "{rate:?}");
        }
        assert_eq!(Order::of(&Video { input: None, ..sample_video() }, 60), None);
    }
}
