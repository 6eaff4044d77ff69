//! Fakes of the ports that are not stores, and samples.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use jiff::{SignedDuration, Timestamp};

use crate::channel::{Options, Provider};
use crate::error::{PROVIDER, PortError, PortErrorKind};
use crate::ids::new_id;
use crate::ports::{
    Applied, Assembled, Clock, CountDue, Cut, Frame, LateCounts, Listed, LiveChannel, LiveProvider, NewChannel,
    NewObject, Nudge, Nudges, Objects, Part, Passwords, Posted, Presigned, SocketPush, StreamKey, Timer,
};
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

/// Nobody waits: time goes on.
#[async_trait]
impl Timer for FixedClock {
    async fn sleep(&self, time: Duration) {
        self.advance(SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX));
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
        username: Some("ada".into()),
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
        captions: Vec::new(),
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
        chat: None,
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
        username: Some("ada".into()),
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
        picture: None,
        created_at: now,
        updated_at: now,
        version: 1,
    }
}

/// An IVS that knows what it is told.
#[derive(Default)]
pub struct FakeProvider {
    /// What it knows; tests change it.
    pub state: Mutex<FakeProviderState>,
}

/// What a [`FakeProvider`] knows.
#[derive(Debug, Default)]
pub struct FakeProviderState {
    /// Whether it answers at all.
    pub is_down: bool,
    /// Names of channels that were made, each with its options.
    pub channels: BTreeMap<String, Options>,
    /// What is live.
    pub live: Vec<LiveChannel>,
    /// Ends of ingest sessions.
    pub ends: BTreeMap<String, Timestamp>,
    /// How often an encoder was cut.
    pub cuts: usize,
    /// Keys that were made.
    pub keys: usize,
}

impl FakeProvider {
    /// The ARN of the channel of this name.
    pub fn arn(name: &str) -> String {
        format!("arn:aws:ivs:us-east-1:000000000000:channel/{name}")
    }

    /// Looks at what it knows, or changes it.
    pub fn with<T>(&self, look: impl FnOnce(&mut FakeProviderState) -> T) -> T {
        look(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn answer<T>(&self, answer: impl FnOnce(&mut FakeProviderState) -> T) -> Result<T, PortError> {
        self.with(|state| match state.is_down {
            true => Err(PortError::new(PROVIDER, PortErrorKind::Unavailable, "down")),
            false => Ok(answer(state)),
        })
    }
}

#[async_trait]
impl LiveProvider for FakeProvider {
    async fn create_channel(&self, name: &str, options: &Options) -> Result<NewChannel, PortError> {
        self.answer(|state| {
            state.channels.insert(name.to_owned(), *options);
            state.keys += 1;
            let provider = Provider {
                channel_arn: Self::arn(name),
                ingest_endpoint: "ingest.example".into(),
                playback_url: format!("https://play.example/{name}.m3u8"),
            };
            NewChannel { provider, key: Some(StreamKey(format!("sk_{name}_{}", state.keys))) }
        })
    }

    async fn find_channel(&self, _name: &str) -> Result<Option<NewChannel>, PortError> {
        self.answer(|_| None)
    }

    async fn list_channels(&self) -> Result<Vec<(String, String)>, PortError> {
        self.answer(|state| state.channels.keys().map(|name| (Self::arn(name), name.clone())).collect())
    }

    async fn update_channel(&self, arn: &str, options: &Options) -> Result<Applied, PortError> {
        self.answer(|state| match state.channels.iter_mut().find(|(name, _)| Self::arn(name) == arn) {
            Some(_) if state.live.iter().any(|live| live.channel_arn == arn) => Applied::ChannelLive,
            Some((_, stored)) => {
                *stored = *options;
                Applied::Done
            }
            None => Applied::NoChannel,
        })
    }

    async fn delete_channel(&self, arn: &str) -> Result<Applied, PortError> {
        self.answer(|state| state.channels.retain(|name, _| Self::arn(name) != arn))?;
        Ok(Applied::Done)
    }

    async fn stream_key(&self, arn: &str) -> Result<Option<StreamKey>, PortError> {
        let name = arn.rsplit('/').next().unwrap_or_default();
        self.answer(|state| Some(StreamKey(format!("sk_{name}_{}", state.keys))))
    }

    async fn replace_key(&self, arn: &str) -> Result<StreamKey, PortError> {
        let name = arn.rsplit('/').next().unwrap_or_default();
        self.answer(|state| {
            state.keys += 1;
            StreamKey(format!("sk_{name}_{}", state.keys))
        })
    }

    async fn stop_stream(&self, arn: &str) -> Result<Cut, PortError> {
        self.answer(|state| {
            let before = state.live.len();
            state.live.retain(|live| live.channel_arn != arn);
            state.cuts += before - state.live.len();
            if state.live.len() < before { Cut::Done } else { Cut::NotLive }
        })
    }

    async fn live_channels(&self) -> Result<Vec<LiveChannel>, PortError> {
        self.answer(|state| state.live.clone())
    }

    async fn session_end(&self, _arn: &str, ingest_id: &str) -> Result<Option<Timestamp>, PortError> {
        self.answer(|state| state.ends.get(ingest_id).copied())
    }

    async fn playback_token(&self, arn: &str, until: Timestamp) -> Result<String, PortError> {
        self.answer(|_| format!("{arn}@{until}"))
    }
}

/// Remembers the messages that were sent.
#[derive(Default)]
pub struct SentNudges(pub Mutex<Vec<(Nudge, Duration)>>);

#[async_trait]
impl Nudges for SentNudges {
    async fn send(&self, nudge: &Nudge, delay: Duration) -> Result<(), PortError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((nudge.clone(), delay));
        Ok(())
    }
}

/// Remembers the counts that were ordered for later.
#[derive(Default)]
pub struct SentCounts(pub Mutex<Vec<(CountDue, Duration)>>);

#[async_trait]
impl LateCounts for SentCounts {
    async fn send(&self, due: &CountDue, delay: Duration) -> Result<(), PortError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((*due, delay));
        Ok(())
    }
}

/// Open connections that take everything, unless it is said how they answer.
#[derive(Default)]
pub struct FakeSockets {
    /// The next answers of a connection; the last one stays. `None` is an error.
    pub answers: Mutex<BTreeMap<String, VecDeque<Option<Posted>>>>,
    /// Connections and what they took, in order.
    pub taken: Mutex<Vec<(String, String)>>,
    /// Connections that were closed.
    pub closed: Mutex<Vec<String>>,
}

#[async_trait]
impl SocketPush for FakeSockets {
    async fn post(&self, connection_id: &str, frame: &Frame) -> Result<Posted, PortError> {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = match answers.get_mut(connection_id) {
            Some(next) if next.len() > 1 => next.pop_front().flatten(),
            Some(next) => next.front().copied().flatten(),
            None => Some(Posted::Done),
        };
        if answer == Some(Posted::Done) {
            let text = String::from_utf8_lossy(frame.text()).into_owned();
            self.taken.lock().unwrap_or_else(PoisonError::into_inner).push((connection_id.to_owned(), text));
        }
        answer.ok_or_else(|| PortError::new("connections", PortErrorKind::Unavailable, "down"))
    }

    async fn is_open(&self, connection_id: &str) -> Result<bool, PortError> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(answers.get(connection_id).and_then(|next| next.front()) != Some(&Some(Posted::Gone)))
    }

    /// One that answers nothing but errors cannot be closed either.
    async fn close(&self, connection_id: &str) -> Result<(), PortError> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.get(connection_id).is_some_and(|next| next.front() == Some(&None)) {
            return Err(PortError::new("connections", PortErrorKind::Unavailable, "down"));
        }
        self.closed.lock().unwrap_or_else(PoisonError::into_inner).push(connection_id.to_owned());
        Ok(())
    }
}

/// A bucket in memory. Uploads by presigned URLs and in parts are not its business.
#[derive(Default)]
pub struct MemoryObjects(pub Mutex<BTreeMap<String, Vec<u8>>>);

impl MemoryObjects {
    /// Puts an object there.
    pub fn insert(&self, key: &str, body: impl Into<Vec<u8>>) {
        self.with(|objects| objects.insert(key.to_owned(), body.into()));
    }

    fn with<T>(&self, look: impl FnOnce(&mut BTreeMap<String, Vec<u8>>) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn not_here<T>() -> Result<T, PortError> {
    Err(PortError::new("objects", PortErrorKind::Rejected, "this bucket takes no uploads"))
}

#[async_trait]
impl Objects for MemoryObjects {
    async fn presign_put(&self, _: &str, _: &str, _: u64, _: Duration) -> Result<Presigned, PortError> {
        not_here()
    }

    async fn presign_parts(&self, _: &str, _: &str, _: &[(u32, u64)], _: Duration) -> Result<Vec<String>, PortError> {
        not_here()
    }

    async fn begin_multipart(&self, _: &str, _: &str) -> Result<String, PortError> {
        not_here()
    }

    async fn parts(&self, _: &str, _: &str) -> Result<Option<Vec<Part>>, PortError> {
        not_here()
    }

    async fn complete_multipart(&self, _: &str, _: &str, _: &[(u32, String)]) -> Result<Assembled, PortError> {
        not_here()
    }

    async fn abort_multipart(&self, _: &str, _: &str) -> Result<(), PortError> {
        not_here()
    }

    async fn size(&self, key: &str) -> Result<Option<u64>, PortError> {
        Ok(self.with(|objects| objects.get(key).map(|body| body.len() as u64)))
    }

    async fn read(&self, key: &str, offset: u64, length: u64) -> Result<Option<Vec<u8>>, PortError> {
        let part = |body: &Vec<u8>| {
            body.iter().copied().skip(usize::try_from(offset).unwrap_or_default()).take(length as usize).collect()
        };
        Ok(self.with(|objects| objects.get(key).map(part)))
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Listed>, PortError> {
        let listed = |(key, body): (&String, &Vec<u8>)| Listed { key: key.clone(), size: body.len() as u64 };
        Ok(self.with(|objects| objects.iter().filter(|(key, _)| key.starts_with(prefix)).map(listed).collect()))
    }

    async fn copy(&self, from: &str, to: &str, _: &'static str, _: &'static str) -> Result<(), PortError> {
        self.with(|objects| objects.get(from).cloned().map(|body| objects.insert(to.to_owned(), body)));
        Ok(())
    }

    async fn put(&self, object: NewObject) -> Result<(), PortError> {
        self.insert(&object.key, object.body);
        Ok(())
    }

    async fn delete(&self, keys: &[String]) -> Result<(), PortError> {
        self.with(|objects| keys.iter().for_each(|key| drop(objects.remove(key))));
        Ok(())
    }
}
