//! Many publishers at once, paced in real time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use skylark_rtmp::message::kind;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use crate::encoder::Encoder;
use crate::movie::Movie;
use crate::player::{self, First};
use crate::server::Channel;

/// A player looks at its playlist so often, and less often when there are many: they are not what is measured.
const LOOK: Duration = Duration::from_millis(50);
const LOOK_EACH: Duration = Duration::from_millis(1);
/// How long all publishers together may take until they are watched.
const PATIENCE: Duration = Duration::from_secs(90);

/// Publishers that send until they are stopped.
pub(crate) struct Fleet {
    publishers: JoinSet<Result<()>>,
    count: usize,
    firsts: mpsc::UnboundedReceiver<Result<First>>,
    sent: Arc<AtomicU64>,
    stop: watch::Sender<bool>,
}

impl Fleet {
    /// Starts a publisher on each channel, spread evenly over `spread`: encoders do not begin together, nor do their key
    /// frames come together.
    pub(crate) fn start(channels: &[Channel], movie: &Arc<Movie>, spread: Duration) -> Self {
        let (stop, stopped) = watch::channel(false);
        let (told, firsts) = mpsc::unbounded_channel();
        let sent = Arc::<AtomicU64>::default();
        let mut publishers = JoinSet::new();
        let begin = Instant::now();
        let count = u32::try_from(channels.len()).unwrap_or(u32::MAX);
        for (number, channel) in (0..).zip(channels) {
            let publisher = Publisher {
                channel: channel.clone(),
                movie: movie.clone(),
                look: LOOK.max(LOOK_EACH * count),
                sent: sent.clone(),
                stopped: stopped.clone(),
            };
            let told = told.clone();
            let at = begin + spread * number / count;
            publishers.spawn(async move {
                sleep_until(at).await;
                publisher.run(told).await
            });
        }
        Self { publishers, count: channels.len(), firsts, sent, stop }
    }

    /// Waits until everyone can be watched. Publishers that fail before are left out.
    pub(crate) async fn playable(&mut self) -> Result<Vec<First>> {
        let all = async {
            let mut firsts = Vec::with_capacity(self.count);
            while let Some(first) = self.firsts.recv().await {
                firsts.push(first?);
                if firsts.len() == self.count {
                    break;
                }
            }
            anyhow::Ok(firsts)
        };
        let firsts = timeout(PATIENCE, all).await.context("not every stream can be watched")??;
        ensure!(!firsts.is_empty(), "no stream can be watched");
        Ok(firsts)
    }

    /// Bytes of media sent so far, chunk headers included.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Ends every publisher. Answers why those are gone that went before, or never came.
    pub(crate) async fn stop(mut self) -> Vec<String> {
        self.stop.send_replace(true);
        let mut lost = Vec::new();
        while let Some(ended) = self.publishers.join_next().await {
            if let Err(error) = ended.map_err(anyhow::Error::from).flatten() {
                lost.push(format!("{error:#}"));
            }
        }
        lost
    }
}

struct Publisher {
    channel: Channel,
    movie: Arc<Movie>,
    look: Duration,
    sent: Arc<AtomicU64>,
    stopped: watch::Receiver<bool>,
}

impl Publisher {
    async fn run(self, told: mpsc::UnboundedSender<Result<First>>) -> Result<()> {
        let mut encoder = Encoder::publish(&self.channel.address).await?;
        let started = Instant::now();
        let (playlist, look) = (self.channel.playlist.clone(), self.look);
        let mut watcher = JoinSet::new();
        watcher.spawn(async move {
            // The fleet may have been stopped meanwhile.
            let _ = told.send(player::first(&playlist, look, started).await);
        });
        for head in &self.movie.heads {
            encoder.send(head, 0).await?;
        }
        let mut turn = 0;
        loop {
            for tag in &self.movie.frames {
                let at_ms = turn + tag.at_ms;
                sleep_until(started + Duration::from_millis(at_ms.into())).await;
                if *self.stopped.borrow() {
                    return encoder.unpublish().await;
                }
                self.sent.fetch_add(encoder.send(tag, at_ms).await?, Ordering::Relaxed);
                if tag.kind == kind::VIDEO {
                    encoder.drain()?;
                }
            }
            turn += self.movie.duration_ms;
        }
    }
}
