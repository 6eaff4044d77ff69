//! What can be watched: the window of each channel that is live, or was a moment ago, and who watches it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use skylark_hls::{Settings, Timeline};

use super::arn;
use super::channels::Channel;
use super::ladder::Rungs;

/// An encoder that comes back within this time goes on in the same window.
const RECONNECT_WINDOW: Duration = Duration::from_secs(30 * 60);
/// How long players can still read the end of a window.
const ENDED_KEPT: Duration = Duration::from_secs(60);
/// Who has not asked for a playlist for so long watches no more.
const WATCHING: Duration = Duration::from_secs(15);
/// The most viewers of a channel that are told apart.
const MAX_VIEWERS: usize = 100_000;

/// The windows by channel id.
#[derive(Default)]
pub(super) struct Broadcasts(Mutex<HashMap<String, Broadcast>>);

struct Broadcast {
    window: Window,
    latency_mode: String,
    viewers: HashMap<String, Instant>,
    is_live: bool,
    /// Since when nobody publishes.
    left_at: Option<Instant>,
    has_ended: bool,
}

/// The window of a channel.
#[derive(Clone)]
pub(super) struct Window {
    /// A random part of its addresses: what it names never changes.
    pub(super) name: String,
    /// The source's.
    pub(super) timeline: Timeline,
    pub(super) rungs: Rungs,
}

impl Window {
    fn end(&self) {
        self.timeline.end();
        self.rungs.end();
    }
}

impl Broadcasts {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Broadcast>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The window for an encoder that begins: the one before, when it is not over, or a new one.
    pub(super) fn begin(&self, channel: &Channel, settings: &Settings) -> Window {
        let mut broadcasts = self.lock();
        let known = broadcasts.get_mut(channel.id());
        if let Some(broadcast) = known.filter(|known| !known.has_ended && known.latency_mode == channel.latency_mode) {
            broadcast.left_at = None;
            broadcast.window.timeline.begin();
            return broadcast.window.clone();
        }
        let window = Window { name: arn::random(12), timeline: Timeline::new(*settings), rungs: Rungs::default() };
        window.timeline.begin();
        let broadcast = Broadcast {
            window: window.clone(),
            latency_mode: channel.latency_mode.clone(),
            viewers: HashMap::new(),
            is_live: false,
            left_at: None,
            has_ended: false,
        };
        if let Some(before) = broadcasts.insert(channel.id().to_owned(), broadcast) {
            before.window.end();
        }
        window
    }

    /// The channel's first part is there.
    pub(super) fn live(&self, channel_id: &str) {
        if let Some(broadcast) = self.lock().get_mut(channel_id) {
            broadcast.is_live = true;
        }
    }

    /// The encoder is gone: for good when `ends`.
    pub(super) fn leave(&self, channel_id: &str, ends: bool, now: Instant) {
        if let Some(broadcast) = self.lock().get_mut(channel_id) {
            broadcast.is_live = false;
            broadcast.left_at = Some(now);
            if ends {
                broadcast.end();
            }
        }
    }

    /// The window that a new viewer gets; none when the channel is not live.
    pub(super) fn live_window(&self, channel_id: &str) -> Option<Window> {
        self.lock().get(channel_id).filter(|broadcast| broadcast.is_live).map(|broadcast| broadcast.window.clone())
    }

    /// The window with this name, live or not.
    pub(super) fn window(&self, channel_id: &str, name: &str) -> Option<Window> {
        let found = self.lock().get(channel_id).map(|broadcast| broadcast.window.clone());
        found.filter(|window| window.name == name)
    }

    /// A viewer asked for a playlist.
    pub(super) fn watched(&self, channel_id: &str, viewer: &str, now: Instant) {
        if let Some(broadcast) = self.lock().get_mut(channel_id)
            && (broadcast.viewers.len() < MAX_VIEWERS || broadcast.viewers.contains_key(viewer))
        {
            broadcast.viewers.insert(viewer.to_owned(), now);
        }
    }

    /// Viewers of the channel.
    pub(super) fn viewers(&self, channel_id: &str) -> usize {
        let broadcasts = self.lock();
        let now = Instant::now();
        let watches = |at: &&Instant| now.saturating_duration_since(**at) < WATCHING;
        broadcasts.get(channel_id).map_or(0, |broadcast| broadcast.viewers.values().filter(watches).count())
    }

    /// Forgets viewers who left and windows that are over.
    pub(super) fn sweep(&self, now: Instant) {
        self.lock().retain(|_, broadcast| {
            broadcast.viewers.retain(|_, at| now.saturating_duration_since(*at) < WATCHING);
            let Some(left_at) = broadcast.left_at else { return true };
            let gone = now.saturating_duration_since(left_at);
            if broadcast.has_ended {
                return gone < ENDED_KEPT;
            }
            if gone >= RECONNECT_WINDOW {
                broadcast.end();
                broadcast.left_at = Some(now);
            }
            true
        });
    }
}

impl Broadcast {
    fn end(&mut self) {
        self.has_ended = true;
        self.window.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ivs::channels;

    #[test]
    fn a_window_goes_on_after_a_reconnect_and_ends_after_a_stop_or_half_an_hour() {
        let broadcasts = Broadcasts::default();
        let (channel, settings) = (channels::sample(), Settings::default());
        let start = Instant::now();
        let first = broadcasts.begin(&channel, &settings);
        broadcasts.leave(channel.id(), false, start);
        assert_eq!(broadcasts.begin(&channel, &settings).name, first.name);
        broadcasts.leave(channel.id(), true, start);
        let second = broadcasts.begin(&channel, &settings);
        assert_ne!(second.name, first.name);
        broadcasts.leave(channel.id(), false, start);
        broadcasts.sweep(start + RECONNECT_WINDOW);
        assert!(broadcasts.window(channel.id(), &second.name).is_some(), "players read its end");
        broadcasts.sweep(start + RECONNECT_WINDOW + ENDED_KEPT);
        assert!(broadcasts.window(channel.id(), &second.name).is_none());
    }

    #[test]
    fn viewers_are_counted_once_and_only_on_a_live_channel_found() {
        let broadcasts = Broadcasts::default();
        let channel = channels::sample();
        broadcasts.begin(&channel, &Settings::default());
        assert!(broadcasts.live_window(channel.id()).is_none(), "nothing can be watched yet");
        broadcasts.live(channel.id());
        assert!(broadcasts.live_window(channel.id()).is_some());
        let now = Instant::now();
        for viewer in ["a", "b", "a"] {
            broadcasts.watched(channel.id(), viewer, now);
        }
        assert_eq!(broadcasts.viewers(channel.id()), 2);
        broadcasts.sweep(now + WATCHING);
        assert_eq!(broadcasts.viewers(channel.id()), 0);
    }
}
