//! Connections of encoders: whose key it is, whether its channel is free, and what becomes of its media.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use skylark_hls::Settings;
use skylark_rtmp::{End, Handler, Limits, Media, Publish, Refusal};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};

use super::channels::Channel;
use super::live::{self, Ended, Live};
use super::monitor::Monitor;
use super::recording_configurations::RecordingConfiguration;
use super::registry::{Cut, Taken, Watched};
use super::sessions::{self, Session};
use super::transport::Socket;
use super::{Ivs, resources, scribe, stream_keys};
use crate::http::until_true;

/// Connections at once, publishing or not. Each may cost memory before it has shown a key.
const MAX_CONNECTIONS: usize = 4096;

/// Accepts encoders until `stop` turns true.
pub(super) async fn serve(ivs: Ivs, listener: TcpListener, mut stop: watch::Receiver<bool>) {
    let places = Arc::new(tokio::sync::Semaphore::new(MAX_CONNECTIONS));
    loop {
        let (socket, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, mostly: give the open connections time to end.
                    tracing::warn!(%error, "cannot accept an encoder");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = until_true(&mut stop) => return,
        };
        let Ok(place) = places.clone().try_acquire_owned() else {
            tracing::warn!(%peer, "too many connections of encoders: one is closed");
            continue;
        };
        let (ivs, stop) = (ivs.clone(), stop.clone());
        tokio::spawn(async move {
            connection(ivs, socket, peer, stop).await;
            drop(place);
        });
    }
}

async fn connection(ivs: Ivs, socket: TcpStream, peer: SocketAddr, mut stop: watch::Receiver<bool>) {
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(%peer, %error, "an encoder left at once");
        return;
    }
    let (cut, is_cut) = oneshot::channel();
    let (reason, cut_for) = watch::channel(None);
    let until_cut = async move {
        let cut = tokio::select! {
            cut = is_cut => cut.ok(),
            () = until_true(&mut stop) => Some(Cut::Shutdown),
        };
        match cut {
            Some(cut) => {
                reason.send_replace(Some(cut));
                Refusal::Ended(cut.words().into())
            }
            // The place was given up: the connection ends by itself.
            None => std::future::pending().await,
        }
    };
    let mut encoder = Encoder { ivs, peer: peer.ip(), cut: Some(cut), live: None };
    let end = skylark_rtmp::serve(Socket::new(socket), &mut encoder, &Limits::default(), until_cut).await;
    let failure = match &end {
        Ok(End::Refused(Refusal::Unsupported(reason))) => Some(reason.clone()),
        Ok(_) => None,
        Err(error) => {
            tracing::info!(%peer, %error, "an encoder's connection broke");
            None
        }
    };
    let is_stopped = *cut_for.borrow() == Some(Cut::Stopped);
    if let Some(live) = &mut encoder.live {
        live.close(Ended { failure, is_stopped });
    }
}

/// One encoder.
struct Encoder {
    ivs: Ivs,
    peer: IpAddr,
    cut: Option<oneshot::Sender<Cut>>,
    live: Option<Live>,
}

impl Handler for Encoder {
    fn publish(&mut self, request: Publish) -> impl Future<Output = Result<(), Refusal>> + Send {
        self.accept(request)
    }

    fn media(&mut self, media: Media) -> Result<(), Refusal> {
        self.live.as_mut().map_or(Ok(()), |live| live.media(media))
    }

    fn received(&mut self, bytes: usize) {
        if let Some(live) = &self.live {
            live.received(bytes);
        }
    }
}

impl Encoder {
    async fn accept(&mut self, request: Publish) -> Result<(), Refusal> {
        let now = Instant::now();
        if self.ivs.registry.is_blocked(self.peer, now) {
            return Err(Refusal::Denied("Too many wrong stream keys. Try again in a minute.".into()));
        }
        let channel = match stream_keys::channel_of(&self.ivs, key(&request)) {
            Ok(Some(channel)) => channel,
            Ok(None) => {
                self.ivs.registry.bad_key(self.peer, now);
                tracing::warn!(peer = %self.peer, "Unauthorized");
                return Err(Refusal::BadName("Unauthorized: the stream key is not known.".into()));
            }
            Err(error) => return Err(unavailable(&error)),
        };
        let Some(cut) = self.cut.take() else { return Err(Refusal::Denied("One stream a connection.".into())) };
        let mut session = Session::new(channel.clone(), self.recording_configuration(&channel)?);
        let monitor = Arc::new(Monitor::new(now));
        let (reporter, inbox) = live::news();
        let watched = Watched {
            channel_arn: channel.arn.clone(),
            channel_name: channel.name.clone(),
            channel_type: channel.r#type.clone(),
            stream_id: session.stream_id.clone(),
            monitor: monitor.clone(),
            reporter: reporter.clone(),
        };
        let place = self.ivs.registry.claim(watched, cut).await.map_err(|taken| match taken {
            Taken::InUse => {
                tracing::warn!(channel = channel.arn, "a second encoder is refused");
                Refusal::BadName("The stream key is in use by another encoder.".into())
            }
            Taken::Full => match &self.ivs.edge {
                Some(edge) => Refusal::Redirect(edge.to_string()),
                None => Refusal::Busy("As many streams are live as there may be.".into()),
            },
        })?;
        // A silent publisher may have been waited for: the key may be gone since, the channel changed.
        let channel = match stream_keys::channel_of(&self.ivs, key(&request)) {
            Ok(Some(now)) if now.arn == channel.arn => now,
            Ok(_) => return Err(Refusal::BadName("Unauthorized: the stream key is not known.".into())),
            Err(error) => return Err(unavailable(&error)),
        };
        session.channel = channel.clone();
        session.recording_configuration = self.recording_configuration(&channel)?;
        sessions::begin(&self.ivs, &mut session).map_err(|error| unavailable(&error))?;
        let settings = self.ivs.settings(&channel);
        let window = self.ivs.broadcasts.begin(&channel, &settings);
        let timeline = window.timeline.clone();
        let has_ladder = channel.r#type == "STANDARD" && self.ivs.tools.is_some();
        let transcoder = has_ladder.then(|| self.ivs.clone());
        self.live = Some(Live::new(window, monitor, reporter, settings, request.encoder, transcoder));
        tokio::spawn(scribe::run(self.ivs.clone(), session, timeline, inbox, place));
        Ok(())
    }

    fn recording_configuration(&self, channel: &Channel) -> Result<Option<RecordingConfiguration>, Refusal> {
        let arn = &channel.recording_configuration_arn;
        if arn.is_empty() {
            return Ok(None);
        }
        self.ivs.state.transact(|transaction| resources::find(transaction, arn)).map_err(|error| unavailable(&error))
    }
}

fn unavailable(error: &anyhow::Error) -> Refusal {
    tracing::error!(error = format!("{error:#}"), "an encoder cannot be accepted");
    Refusal::Busy("The service cannot take the stream now.".into())
}

/// The stream key: a token beside any name, or the name itself.
fn key(request: &Publish) -> &str {
    request.parameter("token").unwrap_or(&request.name)
}

impl Ivs {
    /// How a channel is packaged.
    pub(super) fn settings(&self, channel: &Channel) -> Settings {
        Settings { low_latency: channel.latency_mode == "LOW", ..Settings::default() }
    }
}
