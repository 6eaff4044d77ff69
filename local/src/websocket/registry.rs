//! Who is connected, by connection id, and what the clock asks of them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use jiff::Timestamp;
use tokio::net::TcpStream;

use super::Options;
use super::events::Client;
use super::frame::Close;
use super::outbox::Outbox;
use crate::state::now_ms;

/// One open connection, as everybody sees it.
pub(super) struct Connection {
    pub(super) client: Client,
    pub(super) outbox: Outbox,
    opened: Instant,
    /// Milliseconds of the epoch; either direction counts.
    active_at: AtomicI64,
}

impl Connection {
    pub(super) fn new(client: Client, socket: TcpStream) -> Self {
        Self { client, outbox: Outbox::new(socket), opened: Instant::now(), active_at: AtomicI64::new(now_ms()) }
    }

    /// Notes that something was sent or received.
    pub(super) fn touch(&self) {
        self.active_at.store(now_ms(), Ordering::Relaxed);
    }

    pub(super) fn last_active_at(&self) -> Timestamp {
        Timestamp::from_millisecond(self.active_at.load(Ordering::Relaxed)).unwrap_or(self.client.connected_at)
    }
}

/// The open connections.
#[derive(Default)]
pub(super) struct Registry(RwLock<HashMap<String, Arc<Connection>>>);

impl Registry {
    pub(super) fn add(&self, connection: Arc<Connection>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(connection.client.id.clone(), connection);
    }

    pub(super) fn remove(&self, id: &str) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    pub(super) fn get(&self, id: &str) -> Option<Arc<Connection>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    pub(super) fn count(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Says goodbye to everybody.
    pub(super) fn close_all(&self) {
        for connection in self.all() {
            connection.outbox.close(Close::going_away());
        }
    }

    /// Closes who is idle or has lived too long, and cuts off who does not read.
    pub(super) fn sweep(&self, options: &Options) {
        let now = Instant::now();
        let idle_since = now_ms() - i64::try_from(options.idle.as_millis()).unwrap_or(i64::MAX);
        for connection in self.all() {
            connection.outbox.cut_if_stalled(now, options.stall);
            let is_old = now.saturating_duration_since(connection.opened) >= options.life;
            if is_old || connection.active_at.load(Ordering::Relaxed) <= idle_since {
                connection.outbox.close(Close::going_away());
            }
        }
    }

    /// A copy, so that nobody waits while something is done with each.
    fn all(&self) -> Vec<Arc<Connection>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}
