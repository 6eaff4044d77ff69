//! A recording in its bucket: where it is, and the texts that describe it, in IVS's layout ("Auto-record to Amazon S3").

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{arn, sessions::Session};
use crate::state::now_ms;
use crate::world::ACCOUNT;

pub(super) const MASTER: &str = "master.m3u8";
pub(super) const BYTE_RANGE: &str = "byte-range-multivariant.m3u8";
pub(super) const PLAYLIST: &str = "playlist.m3u8";
/// The folder of a recording's media, and that of its thumbnails.
pub(super) const HLS: &str = "media/hls";
pub(super) const THUMBNAILS: &str = "media/thumbnails";

/// The recording of one ingest session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Recording {
    /// `recording_session_id`.
    pub(super) id: String,
    pub(super) bucket: String,
    /// Key prefix without a slash at its end.
    pub(super) prefix: String,
    /// Milliseconds since 1970.
    pub(super) started_at: i64,
    pub(super) rendition: Option<Rendition>,
    /// Width and height of the thumbnails, once there is one.
    pub(super) thumbnails: Option<(u32, u32)>,
}

/// The folder of a rendition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Rendition {
    /// `720p30`.
    pub(super) path: String,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) fps: Option<f64>,
    pub(super) codecs: String,
}

impl Rendition {
    pub(super) fn new(width: u32, height: u32, fps: Option<f64>, codecs: &str) -> Self {
        let rate = fps.map(|fps| fps.round().to_string()).unwrap_or_default();
        Self { path: format!("{height}p{rate}"), width, height, fps, codecs: codecs.to_owned() }
    }
}

impl Recording {
    /// A recording of `session` that begins now.
    ///
    /// # Errors
    /// When the clock stands beyond what a calendar knows.
    pub(super) fn new(session: &Session, bucket: &str) -> anyhow::Result<Self> {
        let started_at = now_ms();
        let id = arn::random(12);
        let day = Timestamp::from_millisecond(started_at)?.strftime("%Y/%-m/%-d/%-H/%-M").to_string();
        let prefix = format!("ivs/v1/{ACCOUNT}/{}/{day}/{id}", session.channel.id());
        Ok(Self { id, bucket: bucket.to_owned(), prefix, started_at, rendition: None, thumbnails: None })
    }

    /// The key of a file of the recording.
    pub(super) fn key(&self, path: &str) -> String {
        format!("{}/{path}", self.prefix)
    }

    /// The key of a file of the rendition.
    pub(super) fn rendition_key(&self, rendition: &Rendition, file: &str) -> String {
        self.key(&format!("{HLS}/{}/{file}", rendition.path))
    }

    /// The file that tells of the recording: `events/recording-started.json` and the others.
    ///
    /// # Errors
    /// When a time stands beyond what a calendar knows.
    pub(super) fn note(&self, session: &Session, state: State, duration_ms: u64) -> anyhow::Result<Value> {
        let time = |ms: i64| Timestamp::from_millisecond(ms).map(|at| at.to_string());
        let renditions = self.rendition.iter().map(|rendition| {
            json!({
                "path": rendition.path,
                "playlist": PLAYLIST,
                "resolution_width": rendition.width,
                "resolution_height": rendition.height,
            })
        });
        let mut note = json!({
            "version": "v1",
            "recording_started_at": time(self.started_at)?,
            "channel_arn": session.channel.arn,
            "recording_status": state.status(),
            "media": { "hls": {
                "duration_ms": duration_ms,
                "path": HLS,
                "playlist": MASTER,
                "byte_range_playlist": BYTE_RANGE,
                "renditions": renditions.collect::<Vec<_>>(),
            } },
        });
        if !matches!(state, State::Started) {
            note["recording_ended_at"] = json!(time(now_ms())?);
        }
        if let Some((width, height)) = self.thumbnails {
            note["media"]["thumbnails"] =
                json!({ "path": THUMBNAILS, "resolution_width": width, "resolution_height": height });
        }
        if let State::Failed(reason) = state {
            note["recording_status_message"] = json!(reason);
        }
        Ok(note)
    }

    /// The multivariant playlist. `peak` and `average` are bits per second.
    pub(super) fn master(&self, peak: u64, average: u64) -> String {
        let mut text = String::from("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n");
        if let Some(rendition) = &self.rendition {
            let rate = rendition.fps.map(|fps| format!(",FRAME-RATE={fps:.3}")).unwrap_or_default();
            text.push_str(&format!(
                "#EXT-X-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={},CODECS=\"{}\",RESOLUTION={}x{}{rate}\n{}/{PLAYLIST}\n",
                peak.max(1),
                average.max(1),
                rendition.codecs,
                rendition.width,
                rendition.height,
                rendition.path
            ));
        }
        text
    }
}

/// How far a recording is.
#[derive(Clone, Copy)]
pub(super) enum State<'a> {
    Started,
    Ended,
    Failed(&'a str),
}

impl State<'_> {
    fn status(self) -> &'static str {
        match self {
            Self::Started => "RECORDING_STARTED",
            Self::Ended => "RECORDING_ENDED",
            Self::Failed(_) => "RECORDING_ENDED_WITH_FAILURE",
        }
    }

    /// The file that says so.
    pub(super) fn file(self) -> &'static str {
        match self {
            Self::Started => "events/recording-started.json",
            Self::Ended => "events/recording-ended.json",
            Self::Failed(_) => "events/recording-failed.json",
        }
    }
}

/// The media playlist of a recording as it grows.
#[derive(Default)]
pub(super) struct Listing {
    entries: String,
    longest_ms: u64,
    duration_ms: u64,
    count: usize,
}

impl Listing {
    /// A segment at its end. `init` is what it stands on, when that is not what the segment before stands on.
    pub(super) fn segment(
        &mut self,
        file: &str,
        init: Option<&str>,
        duration_ms: u64,
        at_ms: i64,
        discontinuity: bool,
    ) {
        let mut entry = String::new();
        if discontinuity && self.count > 0 {
            entry.push_str("#EXT-X-DISCONTINUITY\n");
        }
        if let Some(init) = init {
            entry.push_str(&format!("#EXT-X-MAP:URI=\"{init}\"\n"));
        }
        if let Ok(at) = Timestamp::from_millisecond(at_ms) {
            entry.push_str(&format!("#EXT-X-PROGRAM-DATE-TIME:{}\n", at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ")));
        }
        entry.push_str(&format!("#EXTINF:{}.{:03},\n{file}\n", duration_ms / 1000, duration_ms % 1000));
        self.entries.push_str(&entry);
        self.longest_ms = self.longest_ms.max(duration_ms);
        self.duration_ms += duration_ms;
        self.count += 1;
    }

    /// Milliseconds of media.
    pub(super) fn duration_ms(&self) -> u64 {
        self.duration_ms
    }

    /// Segments.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The playlist.
    pub(super) fn text(&self, has_ended: bool) -> String {
        let target = (self.longest_ms + 500) / 1000;
        let end = if has_ended { END } else { "" };
        format!(
            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:0\n\
             #EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-INDEPENDENT-SEGMENTS\n{}{end}",
            target.max(1),
            self.entries
        )
    }
}

const END: &str = "#EXT-X-ENDLIST\n";

/// A playlist that a crash left open, with its end; and how long it plays, in milliseconds.
pub(super) fn closed(playlist: &str) -> (String, u64) {
    let seconds =
        playlist.lines().filter_map(|line| line.strip_prefix("#EXTINF:")?.trim_end_matches(',').parse::<f64>().ok());
    let seconds: f64 = seconds.sum();
    let end = if playlist.contains(END.trim_end()) { "" } else { END };
    (format!("{playlist}{end}"), (seconds * 1000.0).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_playlist_grows_and_a_cut_off_one_is_closed() {
        let mut listing = Listing::default();
        listing.segment("segment-0.m4s", Some("init-0.mp4"), 2_000, 1_767_225_600_000, true);
        listing.segment("segment-1.m4s", None, 1_733, 1_767_225_602_000, false);
        let open = listing.text(false);
        let expected = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n\
            #EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI=\"init-0.mp4\"\n\
            #EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z\n#EXTINF:2.000,\nsegment-0.m4s\n\
            #EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:02.000Z\n#EXTINF:1.733,\nsegment-1.m4s\n";
        assert_eq!(open, expected);
        assert_eq!(closed(&open), (listing.text(true), 3_733));
        assert_eq!(closed(&listing.text(true)), (listing.text(true), 3_733));
    }
}
