use std::pin::Pin;

use tokio::time::{Instant, Sleep, sleep_until};

use crate::Error;
use crate::handler::End;
use crate::limits::Limits;
use crate::session::Phase;

/// The patience with a peer. One timer, moved only when it fires or the phase changes: a timer per read would cost
/// more than the read.
pub(super) struct Clock<'a> {
    limits: &'a Limits,
    phase: Phase,
    entered: Instant,
    heard: Instant,
    sleep: Pin<Box<Sleep>>,
}

impl<'a> Clock<'a> {
    /// Starts with the handshake.
    pub(super) fn new(limits: &'a Limits) -> Self {
        let now = Instant::now();
        let sleep = Box::pin(sleep_until(now + limits.handshake));
        Self { limits, phase: Phase::Handshake, entered: now, heard: now, sleep }
    }

    /// The session is in this phase now.
    pub(super) fn enter(&mut self, phase: Phase) {
        if phase != self.phase {
            let now = Instant::now();
            (self.phase, self.entered, self.heard) = (phase, now, now);
            let due = self.due();
            self.sleep.as_mut().reset(due);
        }
    }

    /// Bytes have come. Answers the time.
    pub(super) fn heard(&mut self) -> Instant {
        self.heard = Instant::now();
        self.heard
    }

    /// Waits for the timer; [`Clock::ring`] tells whether patience is over.
    pub(super) async fn sleep(&mut self) {
        self.sleep.as_mut().await;
    }

    pub(super) fn ring(&mut self) -> Result<Option<End>, Error> {
        let due = self.due();
        if Instant::now() < due {
            self.sleep.as_mut().reset(due);
            return Ok(None);
        }
        match self.phase {
            Phase::Handshake => Err(Error::SlowHandshake(self.limits.handshake)),
            Phase::Connecting | Phase::Deciding => Err(Error::SlowPublish(self.limits.publish)),
            Phase::Live => Ok(Some(End::Silent)),
        }
    }

    fn due(&self) -> Instant {
        match self.phase {
            Phase::Handshake => self.entered + self.limits.handshake,
            Phase::Connecting | Phase::Deciding => self.entered + self.limits.publish,
            Phase::Live => self.heard + self.limits.silence,
        }
    }
}
