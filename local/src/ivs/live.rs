//! One publisher's media on its way: measured, held to the limits, packaged, put into the channel's window. What is slow
//! (the database, the disk) is told to the session's scribe instead of done here.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use serde_json::Value;
use skylark_hls::{AudioConfig, Frame, Output, Segment, Segmenter, Settings, VideoConfig};
use skylark_rtmp::{Media, Refusal};
use tokio::sync::mpsc;

use super::Ivs;
use super::announced::Announced;
use super::broadcasts::Window;
use super::events::Breach;
use super::ladder::Ladder;
use super::limits;
use super::monitor::Monitor;
use crate::state::now_ms;

/// Segments that may wait for the disk. More would be memory that nobody limits: the recording gets a gap instead.
const MAX_WAITING: usize = 64;
/// Changes of its configuration that an encoder announces in one session.
const MAX_ANNOUNCEMENTS: usize = 100;
/// Audio that comes before any video, in milliseconds; beyond it the stream has none.
const VIDEO_WITHIN_MS: i64 = 5_000;

/// What the scribe is told.
pub(super) enum News {
    /// `ingestConfiguration` of the session.
    Announced(Value),
    /// The first part can be watched.
    Started,
    /// A complete segment and its media sequence number.
    Segment(u64, Arc<Segment>),
    /// Media stays away, or is back.
    Starvation(bool),
    Breach(Breach),
    Ended(Ended),
}

/// How a session ends.
#[derive(Debug, Default)]
pub(super) struct Ended {
    /// Why the stream failed, if it did.
    pub(super) failure: Option<String>,
    /// Whether it was stopped for good: an encoder that comes back begins anew.
    pub(super) is_stopped: bool,
}

/// A publisher's way into the news; counts the segments that wait.
#[derive(Clone)]
pub(super) struct Reporter {
    news: mpsc::UnboundedSender<News>,
    waiting: Arc<AtomicUsize>,
}

/// The scribe's end.
pub(super) struct Inbox {
    news: mpsc::UnboundedReceiver<News>,
    waiting: Arc<AtomicUsize>,
}

/// A way for the news of one session.
pub(super) fn news() -> (Reporter, Inbox) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let waiting = Arc::<AtomicUsize>::default();
    (Reporter { news: sender, waiting: waiting.clone() }, Inbox { news: receiver, waiting })
}

impl Reporter {
    pub(super) fn tell(&self, news: News) {
        if matches!(news, News::Segment(..)) && self.waiting.fetch_add(1, Ordering::Relaxed) >= MAX_WAITING {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            tracing::warn!("the disk does not keep up: a segment is not recorded");
            return;
        }
        // The scribe is gone only after it was told of the end.
        let _ = self.news.send(news);
    }
}

impl Inbox {
    pub(super) async fn next(&mut self) -> Option<News> {
        let news = self.news.recv().await;
        if matches!(news, Some(News::Segment(..))) {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        news
    }
}

/// One publisher.
pub(super) struct Live {
    window: Window,
    monitor: Arc<Monitor>,
    reporter: Reporter,
    settings: Settings,
    /// Present when the channel's type has a ladder and the machine has ffmpeg.
    transcoder: Option<Ivs>,
    ladder: Option<Ladder>,
    started_at_ms: i64,
    announced: Announced,
    told: Option<Value>,
    announcements: usize,
    segmenter: Option<Segmenter>,
    first_audio_ms: Option<i64>,
    has_started: bool,
    is_closed: bool,
    failure: Option<String>,
}

impl Live {
    pub(super) fn new(
        window: Window,
        monitor: Arc<Monitor>,
        reporter: Reporter,
        settings: Settings,
        encoder: Option<String>,
        transcoder: Option<Ivs>,
    ) -> Self {
        Self {
            window,
            monitor,
            reporter,
            settings,
            transcoder,
            ladder: None,
            started_at_ms: now_ms(),
            announced: Announced { encoder, ..Announced::default() },
            told: None,
            announcements: 0,
            segmenter: None,
            first_audio_ms: None,
            has_started: false,
            is_closed: false,
            failure: None,
        }
    }

    /// Bytes came from the wire.
    pub(super) fn received(&self, bytes: usize) {
        self.monitor.received(bytes as u64, Instant::now());
    }

    /// Takes a message.
    ///
    /// # Errors
    /// What the encoder is told when its stream is not one that the channel takes.
    pub(super) fn media(&mut self, media: Media) -> Result<(), Refusal> {
        let taken = self.take(media);
        if let Err(refusal) = &taken {
            self.failure = Some(refusal.description().to_owned());
        }
        taken
    }

    fn take(&mut self, media: Media) -> Result<(), Refusal> {
        let now = Instant::now();
        match media {
            Media::Metadata(metadata) => {
                self.monitor.picture(metadata.width.zip(metadata.height), metadata.framerate);
                self.announced.metadata = Some(metadata);
                self.announce();
            }
            Media::VideoConfig(bytes) => {
                let config = VideoConfig::parse(bytes).map_err(|error| Refusal::Unsupported(error.to_string()))?;
                self.monitor.picture(Some((config.width, config.height)), config.fps);
                if let Some(breach) = limits::picture(config.width, config.height) {
                    self.reporter.tell(News::Breach(breach));
                    return Err(Refusal::Ended(format!("{} limit exceeded", breach.limit)));
                }
                self.announced.video = Some(config.clone());
                self.announce();
                let outputs = self.segmenter().video(config);
                self.publish(outputs);
            }
            Media::AudioConfig(bytes) => {
                let config = AudioConfig::parse(bytes).map_err(|error| Refusal::Unsupported(error.to_string()))?;
                self.announced.audio = Some(config.clone());
                self.announce();
                let outputs = self.segmenter().audio(config);
                self.publish(outputs);
            }
            Media::Video { dts_ms, composition_ms, keyframe, data } => {
                self.monitor.video(dts_ms, keyframe, now);
                self.push(Frame::Video { dts_ms, composition_ms, keyframe, data })?;
            }
            Media::Audio { dts_ms, data } => {
                self.monitor.audio(now);
                if self.announced.video.is_none() {
                    let first = *self.first_audio_ms.get_or_insert(dts_ms);
                    if dts_ms - first > VIDEO_WITHIN_MS {
                        return Err(Refusal::Unsupported("The stream has no video".into()));
                    }
                    return Ok(());
                }
                self.push(Frame::Audio { dts_ms, data })?;
            }
        }
        Ok(())
    }

    fn segmenter(&mut self) -> &mut Segmenter {
        self.segmenter.get_or_insert_with(|| {
            self.started_at_ms = now_ms();
            Segmenter::new(&self.settings, self.started_at_ms)
        })
    }

    fn push(&mut self, frame: Frame) -> Result<(), Refusal> {
        let outputs = self.segmenter().push(frame).map_err(|error| Refusal::Unsupported(error.to_string()))?;
        self.publish(outputs);
        Ok(())
    }

    /// Tells what is new. Each costs a transaction: an encoder that goes on and on is heard no more.
    fn announce(&mut self) {
        let wire = self.announced.wire();
        if self.told.as_ref() != Some(&wire) && self.announcements < MAX_ANNOUNCEMENTS {
            self.announcements += 1;
            self.told = Some(wire.clone());
            self.reporter.tell(News::Announced(wire));
        }
    }

    fn publish(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            let number = self.window.timeline.apply(&output);
            self.climb(&output);
            match output {
                Output::Part(_) if !self.has_started => {
                    self.has_started = true;
                    self.reporter.tell(News::Started);
                }
                Output::Init(_) | Output::Part(_) => {}
                Output::Segment(segment) => {
                    if let Some(number) = number {
                        self.reporter.tell(News::Segment(number, segment));
                    }
                }
            }
        }
    }

    /// Hands the source to the encoders of its other sizes; a new configuration gets new ones.
    fn climb(&mut self, output: &Output) {
        let Some(ivs) = &self.transcoder else { return };
        match output {
            Output::Init(init) => {
                let (rungs, before) = (&self.window.rungs, self.ladder.take());
                let source = (init.as_ref(), self.started_at_ms);
                self.ladder = Some(Ladder::start(ivs, rungs, &self.settings, source, before));
            }
            Output::Part(part) => {
                if let Some(ladder) = &mut self.ladder {
                    ladder.part(&part.data);
                }
            }
            Output::Segment(_) => {}
        }
    }

    /// Ends the stream: what is open becomes the last segment.
    pub(super) fn close(&mut self, ended: Ended) {
        if std::mem::replace(&mut self.is_closed, true) {
            return;
        }
        let outputs = self.segmenter.take().map(|mut segmenter| segmenter.finish()).unwrap_or_default();
        self.publish(outputs);
        self.ladder = None;
        self.reporter.tell(News::Ended(Ended { failure: self.failure.take().or(ended.failure), ..ended }));
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        // A connection that panics must not leave its session open.
        self.close(Ended::default());
    }
}
