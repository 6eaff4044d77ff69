//! Plays IVS: the control plane in AWS's wire format, RTMP ingest, playback as low-latency HLS, recordings in a bucket,
//! and AWS's events on the bus.
//!
//! A call arrives at `wire` and is answered by `channels`, `stream_keys`, `streams`, `sessions` and their like, which keep
//! what they know in `resources` and `sessions`.
//!
//! A stream arrives at `ingest`, which asks `registry` for its channel's place; `live` measures, packages and puts it into
//! the channel's window in `broadcasts`, from which `playback` serves it. What is slow or must be in order, events and the
//! recording, is the `scribe`'s. `sweeper` looks at all streams by the clock, `heal` ends what a killed process left open.

mod announced;
pub(crate) mod arn;
mod broadcasts;
mod channels;
mod checks;
mod events;
mod heal;
mod ingest;
mod ladder;
mod limits;
mod live;
mod monitor;
mod playback;
mod playback_keys;
mod playback_tokens;
mod recorder;
mod recording;
mod recording_configurations;
mod refusal;
mod registry;
mod resources;
mod scribe;
mod sessions;
mod stream_keys;
mod streams;
mod sweeper;
mod tags;
mod throttle;
mod thumbnails;
mod transport;
mod wire;

use std::sync::Arc;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use self::broadcasts::Broadcasts;
use self::registry::Registry;
use self::throttle::Throttle;
use crate::bus::Bus;
use crate::http::{self, guard};
use crate::mediaconvert::Tools;
use crate::s3::Objects;
use crate::state::State;
use crate::world::{ACCOUNT, REGION, RecordingConfiguration};

/// The tables of this module.
pub const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS ivs_resources (
    number INTEGER PRIMARY KEY AUTOINCREMENT, arn TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
    name TEXT NOT NULL, parent TEXT NOT NULL, secret TEXT UNIQUE, resource TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS ivs_resources_kind ON ivs_resources (kind, parent, number);
CREATE TABLE IF NOT EXISTS ivs_sessions (
    number INTEGER PRIMARY KEY AUTOINCREMENT, stream_id TEXT NOT NULL UNIQUE, channel TEXT NOT NULL,
    started_at INTEGER NOT NULL, live_at INTEGER, ended_at INTEGER, is_open INTEGER NOT NULL, session TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS ivs_sessions_channel ON ivs_sessions (channel, number);
CREATE INDEX IF NOT EXISTS ivs_sessions_ended ON ivs_sessions (ended_at);
CREATE INDEX IF NOT EXISTS ivs_sessions_live ON ivs_sessions (number) WHERE is_open;";

/// The type of playlists.
const PLAYLIST_TYPE: &str = "application/vnd.apple.mpegurl";

/// What can be set.
#[derive(Debug, Clone)]
pub struct Options {
    /// Calls of one operation a second. AWS allows 5; tests make many channels, so there are more here.
    pub calls_per_second: u32,
    /// Streams that may be live at once: AWS's quota.
    pub concurrent_streams: usize,
    /// Where encoders are sent that find no place: `rtmp://host/app`. Without it they are refused.
    pub edge: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self { calls_per_second: 50, concurrent_streams: 100, edge: None }
    }
}

/// Where encoders and viewers find the service.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// Host and port of RTMP: `127.0.0.1:1935`.
    pub ingest: String,
    /// Origin of playback: `http://127.0.0.1:8082`.
    pub playback: String,
}

impl Addresses {
    /// The addresses of listeners.
    ///
    /// # Errors
    /// When a listener has none.
    pub fn of(ingest: &TcpListener, playback: &TcpListener) -> std::io::Result<Self> {
        let playback = format!("http://{}", playback.local_addr()?);
        Ok(Self { ingest: ingest.local_addr()?.to_string(), playback })
    }
}

/// The running service. Cheap to clone.
#[derive(Clone)]
pub struct Ivs {
    state: State,
    bus: Bus,
    objects: Objects,
    addresses: Arc<Addresses>,
    throttle: Arc<Throttle>,
    edge: Option<Arc<str>>,
    registry: Registry,
    broadcasts: Arc<Broadcasts>,
    /// Without them there are no thumbnails.
    tools: Option<Arc<Tools>>,
    thumbnail_turn: Arc<Semaphore>,
}

impl Ivs {
    /// The service, which is reached at `addresses`. Without `tools` there are no thumbnails.
    pub fn new(
        options: &Options,
        addresses: Addresses,
        objects: Objects,
        state: State,
        bus: Bus,
        tools: Option<Tools>,
    ) -> Self {
        Self {
            state,
            bus,
            objects,
            addresses: Arc::new(addresses),
            throttle: Arc::new(Throttle::new(options.calls_per_second)),
            edge: options.edge.as_deref().map(Arc::from),
            registry: Registry::new(options.concurrent_streams),
            broadcasts: Arc::default(),
            tools: tools.map(Arc::new),
            thumbnail_turn: Arc::new(Semaphore::new(1)),
        }
    }

    /// Makes the recording configurations of the template.
    ///
    /// # Errors
    /// When one is not what CreateRecordingConfiguration takes.
    pub fn ensure(&self, configurations: &[RecordingConfiguration]) -> anyhow::Result<()> {
        for configuration in configurations {
            recording_configurations::ensure(self, &configuration.arn, &configuration.create)
                .with_context(|| format!("recording configuration {}", configuration.arn))?;
        }
        Ok(())
    }

    /// Ends what a killed process left open, and takes encoders and players until `stop` turns true.
    ///
    /// # Errors
    /// When the stored sessions cannot be read.
    pub async fn serve(
        &self,
        ingest: TcpListener,
        playback: TcpListener,
        stop: watch::Receiver<bool>,
    ) -> anyhow::Result<()> {
        heal::run(self).await?;
        tokio::spawn(ingest::serve(self.clone(), ingest, stop.clone()));
        tokio::spawn(sweeper::run(self.clone(), stop.clone()));
        tokio::spawn(http::serve(playback, guard::local_hosts(self.playback()), stop));
        Ok(())
    }

    fn ingest_endpoint(&self) -> &str {
        &self.addresses.ingest
    }

    /// Where a channel's stream is watched.
    fn playback_url(&self, channel_id: &str) -> String {
        format!("{}/api/video/v1/{REGION}.{ACCOUNT}.channel.{channel_id}.m3u8", self.addresses.playback)
    }
}
