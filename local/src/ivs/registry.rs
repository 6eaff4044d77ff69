//! Who publishes now: one encoder a channel, and a lid on guessing keys.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{oneshot, watch};

use super::live::Reporter;
use super::monitor::Monitor;

/// A connection that has been silent for so long may be taken over.
pub(super) const TAKE_OVER: Duration = Duration::from_secs(3);
/// How long a publisher that is taken over has to leave.
const LEAVE: Duration = Duration::from_secs(2);
/// Bad keys of one address in a minute before it is blocked for as long.
const BAD_KEYS: usize = 10;
const BLOCK: Duration = Duration::from_secs(60);

/// The publishers of a stack. Cheap to clone.
#[derive(Clone)]
pub(super) struct Registry {
    capacity: usize,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    publishers: HashMap<String, Publisher>,
    bad_keys: HashMap<IpAddr, Vec<Instant>>,
}

/// Why a publisher is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// StopStream.
    Stopped,
    /// Another encoder took the silent one's place.
    TakenOver,
    /// More than the channel's type allows.
    Breach,
    /// The service ends.
    Shutdown,
}

impl Cut {
    /// What the encoder is told.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Stopped => "The stream was stopped.",
            Self::TakenOver => "Another encoder took over.",
            Self::Breach => "The stream is beyond the channel's limits.",
            Self::Shutdown => "The service ends.",
        }
    }
}

/// A publisher, as those who watch over it see it.
#[derive(Clone)]
pub(super) struct Watched {
    pub(super) channel_arn: String,
    pub(super) channel_name: String,
    pub(super) channel_type: String,
    pub(super) stream_id: String,
    pub(super) monitor: Arc<Monitor>,
    pub(super) reporter: Reporter,
}

struct Publisher {
    watched: Watched,
    cut: Option<oneshot::Sender<Cut>>,
    gone: watch::Receiver<bool>,
}

/// Why a place is not given.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// Another encoder publishes to the channel.
    InUse,
    /// As many streams are live as may be.
    Full,
}

/// The place of a publisher; dropping it gives the place up.
pub(super) struct Place {
    registry: Registry,
    channel: String,
    gone: watch::Sender<bool>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.registry.lock().publishers.remove(&self.channel);
        self.gone.send_replace(true);
    }
}

impl Registry {
    /// A registry with places for `capacity` streams at once.
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, inner: Arc::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the channel's place. Who holds it and is silent is cut and awaited first.
    pub(super) async fn claim(&self, watched: Watched, cut: oneshot::Sender<Cut>) -> Result<Place, Taken> {
        let channel = watched.channel_arn.clone();
        let mut cut = Some(cut);
        let mut patience = 2;
        loop {
            let leaving = {
                let mut inner = self.lock();
                let is_full = inner.publishers.len() >= self.capacity;
                match inner.publishers.get_mut(&channel) {
                    None if is_full => return Err(Taken::Full),
                    None => {
                        let (gone, is_gone) = watch::channel(false);
                        // It may have waited; it is not silent yet.
                        watched.monitor.restart(Instant::now());
                        let publisher = Publisher { watched: watched.clone(), cut: cut.take(), gone: is_gone };
                        inner.publishers.insert(channel.clone(), publisher);
                        return Ok(Place { registry: self.clone(), channel, gone });
                    }
                    Some(holder) if patience > 0 && holder.watched.monitor.silence(Instant::now()) >= TAKE_OVER => {
                        holder.cut(Cut::TakenOver);
                        holder.gone.clone()
                    }
                    Some(_) => return Err(Taken::InUse),
                }
            };
            patience -= 1;
            let mut leaving = leaving;
            if tokio::time::timeout(LEAVE, leaving.wait_for(|gone| *gone)).await.is_err() {
                return Err(Taken::InUse);
            }
        }
    }

    /// Cuts the channel's publisher. Answers whether there was one.
    pub(super) fn stop(&self, channel: &str) -> bool {
        self.lock().publishers.get_mut(channel).map(|publisher| publisher.cut(Cut::Stopped)).is_some()
    }

    /// Cuts a publisher that is beyond its limits, once it was told of; one that is being cut already is left alone.
    pub(super) fn breach(&self, watched: &Watched, tell: impl FnOnce()) {
        let mut inner = self.lock();
        let publisher = inner.publishers.get_mut(&watched.channel_arn);
        let publisher = publisher.filter(|one| one.watched.stream_id == watched.stream_id && one.cut.is_some());
        if let Some(publisher) = publisher {
            tell();
            publisher.cut(Cut::Breach);
        }
    }

    /// Whether the channel's publisher sends too little; nothing when there is none.
    pub(super) fn is_starving(&self, channel: &str) -> Option<bool> {
        self.lock().publishers.get(channel).map(|publisher| publisher.watched.monitor.is_starving())
    }

    /// Everyone who publishes now.
    pub(super) fn watched(&self) -> Vec<Watched> {
        self.lock().publishers.values().map(|publisher| publisher.watched.clone()).collect()
    }

    /// Notes a bad key from `address`.
    pub(super) fn bad_key(&self, address: IpAddr, now: Instant) {
        let mut inner = self.lock();
        inner.bad_keys.retain(|_, times| times.last().is_some_and(|last| now.duration_since(*last) < BLOCK));
        inner.bad_keys.entry(address).or_default().push(now);
    }

    /// Whether `address` has guessed too often.
    pub(super) fn is_blocked(&self, address: IpAddr, now: Instant) -> bool {
        let mut inner = self.lock();
        let Some(times) = inner.bad_keys.get_mut(&address) else { return false };
        // Ten within a minute block for a minute from the last of them.
        let (Some(last), true) = (times.last(), times.len() >= BAD_KEYS) else { return false };
        let burst = times[times.len() - BAD_KEYS];
        last.duration_since(burst) < BLOCK && now.duration_since(*last) < BLOCK
    }
}

impl Publisher {
    fn cut(&mut self, reason: Cut) {
        if let Some(cut) = self.cut.take() {
            // A connection that is ending by itself does not listen any more.
            let _ = cut.send(reason);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publisher(channel: &str) -> Watched {
        Watched {
            channel_arn: channel.into(),
            channel_name: String::new(),
            channel_type: "BASIC".into(),
            stream_id: String::new(),
            monitor: Arc::new(Monitor::new(Instant::now())),
            reporter: crate::ivs::live::news().0,
        }
    }

    /// Claims a place for a publisher that then last sent something this long ago.
    async fn claim(
        registry: &Registry,
        channel: &str,
        silence: Duration,
    ) -> Result<(Place, oneshot::Receiver<Cut>), Taken> {
        let (cut, is_cut) = oneshot::channel();
        let publisher = publisher(channel);
        let place = registry.claim(publisher.clone(), cut).await?;
        publisher.monitor.restart(Instant::now() - silence);
        Ok((place, is_cut))
    }

    #[tokio::test]
    async fn second_publisher_waits_until_the_first_is_silent() {
        let registry = Registry::new(10);
        let (place, is_cut) = claim(&registry, "a", Duration::ZERO).await.ok().unwrap();
        assert_eq!(claim(&registry, "a", Duration::ZERO).await.err(), Some(Taken::InUse));

        let (silent, silent_is_cut) = claim(&registry, "b", TAKE_OVER).await.ok().unwrap();
        let waiting = tokio::spawn({
            let registry = registry.clone();
            async move { claim(&registry, "b", Duration::ZERO).await.is_ok() }
        });
        assert_eq!(silent_is_cut.await.unwrap(), Cut::TakenOver);
        drop(silent);
        assert!(waiting.await.unwrap());

        assert!(registry.stop("a"));
        assert_eq!(is_cut.await.unwrap(), Cut::Stopped);
        drop(place);
        assert!(!registry.stop("a"));
    }

    #[tokio::test]
    async fn streams_beyond_the_capacity_are_turned_away() {
        let registry = Registry::new(1);
        let place = claim(&registry, "a", Duration::ZERO).await.ok().unwrap();
        assert_eq!(claim(&registry, "b", Duration::ZERO).await.err(), Some(Taken::Full));
        drop(place);
        assert!(claim(&registry, "b", Duration::ZERO).await.is_ok());
    }

    #[test]
    fn ten_bad_keys_in_a_minute_block_the_address_for_one() {
        let registry = Registry::new(1);
        let (start, address) = (Instant::now(), IpAddr::from([10, 0, 0, 1]));
        for second in 0..10 {
            assert!(!registry.is_blocked(address, start + Duration::from_secs(second)));
            registry.bad_key(address, start + Duration::from_secs(second));
        }
        assert!(registry.is_blocked(address, start + Duration::from_secs(10)));
        assert!(!registry.is_blocked(IpAddr::from([10, 0, 0, 2]), start + Duration::from_secs(10)));
        assert!(!registry.is_blocked(address, start + Duration::from_secs(70)));
    }
}
