//! Records one session: each segment becomes an object as it is complete, and the playlist is written again as it grows,
//! so that what was complete before a crash stays playable.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use skylark_hls::{Init, Segment};

use super::events::{self, RecordingChange};
use super::recording::{BYTE_RANGE, HLS, Listing, MASTER, PLAYLIST, Recording, Rendition, State};
use super::sessions::{self, Session};
use super::thumbnails::Thumbnails;
use super::{Ivs, PLAYLIST_TYPE};
use crate::s3::Headers;

/// The playlist is written at most so often.
const PLAYLIST_EVERY: Duration = Duration::from_secs(2);

/// The recording of one session.
pub(super) struct Recorder {
    ivs: Ivs,
    session: Session,
    recording: Recording,
    listing: Listing,
    thumbnails: Thumbnails,
    inits: usize,
    /// The initialisation segment that the last listed segment stands on.
    listed_init: Option<Arc<Init>>,
    /// Media sequence number of the last segment.
    last_number: Option<u64>,
    bytes: u64,
    peak_bps: u64,
    written_at: Option<Instant>,
    /// Why it goes no further.
    failure: Option<String>,
}

impl Recorder {
    /// Begins a recording when the channel has a configuration. When that fails, the bus is told and there is none.
    pub(super) async fn start(ivs: &Ivs, session: &Session) -> Option<Self> {
        let configuration = session.recording_configuration.as_ref()?;
        match Self::begin(ivs, session, &configuration.destination_configuration.s3.bucket_name).await {
            Ok(recording) => Some(Self {
                ivs: ivs.clone(),
                session: session.clone(),
                listing: Listing::default(),
                thumbnails: Thumbnails::new(ivs, &configuration.thumbnail_configuration, recording.clone()),
                recording,
                inits: 0,
                listed_init: None,
                last_number: None,
                bytes: 0,
                peak_bps: 0,
                written_at: None,
                failure: None,
            }),
            Err(error) => {
                tracing::error!(stream = session.stream_id, error = format!("{error:#}"), "a recording cannot begin");
                None
            }
        }
    }

    async fn begin(ivs: &Ivs, session: &Session, bucket: &str) -> anyhow::Result<Recording> {
        let recording = Recording::new(session, bucket)?;
        let begun = write_note(ivs, session, &recording, State::Started, 0).await;
        let (status, reason) = match &begun {
            Ok(()) => ("Recording Start", String::new()),
            Err(error) => ("Recording Start Failure", format!("{error:#}")),
        };
        sessions::change(ivs, &session.stream_id, |session| {
            session.recording = begun.is_ok().then(|| recording.clone());
            Ok(vec![events::recording(session, &change(&recording, status, &reason, 0))])
        })?;
        begun.map(|()| recording)
    }

    /// Stores a segment; answers its file and size.
    pub(super) async fn segment(&mut self, number: u64, segment: &Arc<Segment>) -> Option<(PathBuf, u64)> {
        if self.failure.is_some() {
            return None;
        }
        match self.store(number, segment).await {
            Ok(stored) => Some(stored),
            Err(error) => {
                let reason = format!("{error:#}");
                tracing::error!(stream = self.session.stream_id, reason, "a recording breaks off");
                self.failure = Some(reason);
                None
            }
        }
    }

    async fn store(&mut self, number: u64, segment: &Arc<Segment>) -> anyhow::Result<(PathBuf, u64)> {
        let rendition = self.rendition(&segment.init)?;
        let bucket = self.recording.bucket.clone();
        let is_new = self.listed_init.as_ref().is_none_or(|listed| !Arc::ptr_eq(listed, &segment.init));
        let init = is_new.then(|| format!("init-{}.mp4", self.inits));
        if let Some(init) = &init {
            let key = self.recording.rendition_key(&rendition, init);
            self.ivs.objects.put(&bucket, &key, vec![segment.init.data.clone()], headers("video/mp4")).await?;
            self.inits += 1;
            self.listed_init = Some(segment.init.clone());
        }
        let file = format!("segment-{}.m4s", self.listing.count());
        let key = self.recording.rendition_key(&rendition, &file);
        let chunks = segment.chunks().collect();
        let object = self.ivs.objects.put(&bucket, &key, chunks, headers("video/iso.segment")).await?;
        let (bytes, duration_ms) = (object.size, segment.duration_ms());
        let at = segment.started_at_ms;
        // One that the disk was too slow for leaves a gap.
        let is_gap = self.last_number.is_some_and(|last| number != last + 1);
        self.last_number = Some(number);
        self.listing.segment(&file, init.as_deref(), duration_ms, at, segment.discontinuity || is_new || is_gap);
        self.bytes += bytes;
        self.peak_bps = self.peak_bps.max(bytes * 8000 / duration_ms.max(1));
        // A long playlist is written as a whole each time: less often, then.
        let every = PLAYLIST_EVERY.max(Duration::from_millis(5 * self.listing.count() as u64));
        if self.written_at.is_none_or(|at| at.elapsed() >= every) {
            self.write_playlists(&rendition, false).await?;
        }
        self.thumbnails.segment(segment, self.listing.duration_ms());
        Ok((self.ivs.objects.path(&object), bytes))
    }

    /// The rendition that segments go to: that of the first one.
    fn rendition(&mut self, init: &Init) -> anyhow::Result<Rendition> {
        if let Some(rendition) = &self.recording.rendition {
            return Ok(rendition.clone());
        }
        let (width, height, fps) =
            init.video.as_ref().map_or((0, 0, None), |video| (video.width, video.height, video.fps));
        let rendition = Rendition::new(width, height, fps, &init.codecs);
        self.recording.rendition = Some(rendition.clone());
        let recording = self.recording.clone();
        sessions::change(&self.ivs, &self.session.stream_id, |session| {
            session.recording = Some(recording);
            Ok(Vec::new())
        })?;
        Ok(rendition)
    }

    async fn write_playlists(&mut self, rendition: &Rendition, has_ended: bool) -> anyhow::Result<()> {
        let is_first = self.written_at.is_none();
        let key = self.recording.rendition_key(rendition, PLAYLIST);
        write_text(&self.ivs, &self.recording, &key, PLAYLIST_TYPE, self.listing.text(has_ended)).await?;
        if is_first || has_ended {
            let average = self.bytes * 8000 / self.listing.duration_ms().max(1);
            let master = self.recording.master(self.peak_bps, average);
            for name in [MASTER, BYTE_RANGE] {
                let key = self.recording.key(&format!("{HLS}/{name}"));
                write_text(&self.ivs, &self.recording, &key, PLAYLIST_TYPE, master.clone()).await?;
            }
        }
        self.written_at = Some(Instant::now());
        Ok(())
    }

    /// Ends the recording and tells of it.
    pub(super) async fn finish(mut self) {
        self.recording.thumbnails = self.thumbnails.finish().await;
        let written = match self.recording.rendition.clone() {
            Some(rendition) => self.write_playlists(&rendition, true).await,
            None => Err(anyhow::anyhow!("there is no segment")),
        };
        let failure = self.failure.take().or(written.err().map(|error| format!("{error:#}")));
        let duration_ms = self.listing.duration_ms();
        conclude(&self.ivs, &self.session, &self.recording, duration_ms, failure.as_deref()).await;
    }
}

/// Writes the last note of a recording and tells the bus.
pub(super) async fn conclude(
    ivs: &Ivs,
    session: &Session,
    recording: &Recording,
    duration_ms: u64,
    failure: Option<&str>,
) {
    let state = failure.map_or(State::Ended, State::Failed);
    let noted = write_note(ivs, session, recording, state, duration_ms).await;
    let reason = failure.map(str::to_owned).or(noted.err().map(|error| format!("{error:#}")));
    let status = if reason.is_none() { "Recording End" } else { "Recording End Failure" };
    let reason = reason.unwrap_or_default();
    let told = sessions::change(ivs, &session.stream_id, |session| {
        let event = events::recording(session, &change(recording, status, &reason, duration_ms));
        // What is concluded is not healed again.
        session.recording = None;
        Ok(vec![event])
    });
    if let Err(error) = told {
        tracing::error!(stream = session.stream_id, error = format!("{error:#}"), "a recording's end is not stored");
    }
}

fn change<'a>(recording: &'a Recording, status: &'a str, reason: &'a str, duration_ms: u64) -> RecordingChange<'a> {
    RecordingChange {
        status,
        reason,
        bucket: &recording.bucket,
        prefix: &recording.prefix,
        duration_ms,
        recording_session_id: &recording.id,
    }
}

async fn write_note(
    ivs: &Ivs,
    session: &Session,
    recording: &Recording,
    state: State<'_>,
    duration_ms: u64,
) -> anyhow::Result<()> {
    let note = recording.note(session, state, duration_ms)?;
    let key = recording.key(state.file());
    write_text(ivs, recording, &key, "application/json", serde_json::to_string_pretty(&note)?).await
}

/// Writes a small object of a recording.
pub(super) async fn write_text(
    ivs: &Ivs,
    recording: &Recording,
    key: &str,
    kind: &str,
    text: String,
) -> anyhow::Result<()> {
    ivs.objects.put(&recording.bucket, key, vec![text.into()], headers(kind)).await?;
    Ok(())
}

/// The headers of an object of this type.
pub(super) fn headers(kind: &str) -> Headers {
    Headers { content_type: Some(kind.to_owned()), ..Headers::default() }
}
