//! Fakes of the ports that are not stores, and samples.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::error::PortError;
use crate::ids::new_id;
use crate::ports::{Clock, Passwords};
use crate::stream::{self, Ingest, Settings, Stream};
use crate::video::source::Input;
use crate::video::{Media, Source, Status, Thumbnail, UploadedSource, Video, Visibility};

/// A clock that stands still until it is moved.
pub struct FixedClock(Mutex<Timestamp>);

impl FixedClock {
    /// Stands at `now`.
    pub fn at(now: Timestamp) -> Self {
        Self(Mutex::new(now))
    }

    /// Moves on.
    pub fn advance(&self, by: SignedDuration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now += by;
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Passwords "hashed" in no time.
pub struct PlainPasswords;

impl Passwords for PlainPasswords {
    fn hash(&self, password: &str) -> Result<String, PortError> {
        Ok(format!("plain:{password}"))
    }

    fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, PortError> {
        Ok(hash == Some(&format!("plain:{password}")))
    }
}

/// A video that waits for its source.
pub fn sample_video() -> Video {
    let now: Timestamp = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(20_777 * 24);
    let upload_id = new_id(now);
    Video {
        id: new_id(now),
        user_id: new_id(now),
        title: "Tides".into(),
        description: None,
        artist: None,
        visibility: Visibility::Public,
        status: Status::Uploading,
        source: Source::Upload(UploadedSource {
            upload_id,
            key: format!("videos/u/{upload_id}/original.mp4"),
            file_size: 1000,
            content_type: "video/mp4".into(),
            expires_at: now + SignedDuration::from_hours(1),
        }),
        attempt: 0,
        attempt_at: None,
        input: Some(sample_input()),
        media: None,
        failure: None,
        created_at: now,
        updated_at: now,
        version: 1,
    }
}

/// Ten seconds of 1080p with sound.
pub fn sample_input() -> Input {
    Input {
        container: "mp4".into(),
        width: 1920,
        height: 1080,
        rotation: 0,
        duration_ms: Some(10_000),
        frame_rate: Some(30.0),
        has_audio: true,
    }
}

/// What becomes of [`sample_input`].
pub fn sample_media() -> Media {
    let thumbnail = |n: u64| Thumbnail { key: format!("t/{n}.jpg"), at_ms: n * 1000, width: 640, height: 360 };
    Media {
        playlist: None,
        duration_ms: 10_000,
        width: 1920,
        height: 1080,
        renditions: vec!["1080p".into(), "720p".into(), "360p".into()],
        thumbnails: (0..10).map(thumbnail).collect(),
        poster: 3,
    }
}

/// A stream that was announced a moment ago.
pub fn sample_stream() -> Stream {
    let now: Timestamp = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(20_777 * 24);
    Stream {
        id: new_id(now),
        user_id: new_id(now),
        channel_id: new_id(now),
        playback_url: "https://playback.example/api/video/v1/channel.m3u8".into(),
        title: "Sunrise".into(),
        description: None,
        scheduled_at: None,
        visibility: stream::Visibility::Public,
        settings: Settings::default(),
        state: stream::State::Created,
        ingest: Ingest::None,
        ingest_seq: 0,
        latest: None,
        sessions: Vec::new(),
        armed_at: None,
        started_at: None,
        ended_at: None,
        stopped_at: None,
        archived_at: None,
        stop_reason: None,
        failure_reason: None,
        archive_error: None,
        video_id: None,
        created_at: now,
        updated_at: now,
        version: 1,
    }
}
