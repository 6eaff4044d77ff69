//! The loop that moves a session's bytes.

mod clock;
mod pace;

use std::future::Future;
use std::pin::{Pin, pin};
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use self::clock::Clock;
use self::pace::Pace;
use crate::Error;
use crate::handler::{End, Handler};
use crate::limits::Limits;
use crate::publish::Refusal;
use crate::session::{Event, Phase, Session};
use crate::transport::Transport;

/// Room for one read.
const READ_BYTES: usize = 16 * 1024;

/// From the last words to the encoder until the transport is closed.
const LINGER: Duration = Duration::from_secs(1);

/// Serves one connection to its end: handshake, `publish`, media.
///
/// The owner cuts the publisher (a stop, a new key, a take-over) by completing `stop` with the reason. Whatever the
/// end, the transport is closed; a refused encoder is told why first. `Err` says that the peer broke the protocol or a
/// limit, or that the transport failed.
///
/// A TCP stream should have Nagle's algorithm off, or answers to commands wait for one another.
pub async fn serve<T: Transport, H: Handler>(
    transport: T,
    handler: &mut H,
    limits: &Limits,
    stop: impl Future<Output = Refusal> + Send,
) -> Result<End, Error> {
    let mut line = Line { transport, session: Session::new(limits), input: BytesMut::new(), limits };
    let end = line.run(handler, pin!(stop)).await?;
    line.close().await;
    Ok(end)
}

/// A connection and its session.
struct Line<'a, T> {
    transport: T,
    session: Session,
    input: BytesMut,
    limits: &'a Limits,
}

impl<T: Transport> Line<'_, T> {
    async fn run<H: Handler>(
        &mut self,
        handler: &mut H,
        mut stop: Pin<&mut (impl Future<Output = Refusal> + Send)>,
    ) -> Result<End, Error> {
        let mut clock = Clock::new(self.limits);
        let mut pace = Pace::default();
        loop {
            while let Some(event) = self.session.next(&mut self.input)? {
                let refusal = match event {
                    Event::Media(media) => handler.media(media).err(),
                    Event::Unpublished => return Ok(End::Unpublished),
                    Event::Refused(refusal) => Some(refusal),
                    Event::Publish(request) => {
                        let decision = tokio::select! {
                            biased;
                            reason = &mut stop => return Ok(self.stopped(&reason)),
                            decision = handler.publish(request) => decision,
                        };
                        if decision.is_ok() {
                            self.session.accept();
                        }
                        decision.err()
                    }
                };
                if let Some(refusal) = refusal {
                    self.session.refuse(&refusal);
                    return Ok(End::Refused(refusal));
                }
            }
            self.send().await?;
            clock.enter(self.session.phase());
            self.input.reserve(READ_BYTES);
            tokio::select! {
                biased;
                reason = &mut stop => return Ok(self.stopped(&reason)),
                () = clock.sleep() => {
                    if let Some(end) = clock.ring()? {
                        return Ok(end);
                    }
                }
                read = self.transport.read_buf(&mut self.input) => {
                    let bytes = read?;
                    if bytes == 0 {
                        return Ok(End::Disconnected);
                    }
                    let now = clock.heard();
                    if self.session.phase() == Phase::Live {
                        handler.received(bytes);
                        if let Some(low_water) = pace.received(bytes, now) {
                            self.transport.set_receive_low_water(low_water);
                        }
                    }
                }
            }
        }
    }

    fn stopped(&mut self, reason: &Refusal) -> End {
        self.session.refuse(reason);
        End::Stopped
    }

    /// Sends what the session has to say. While it waits nothing is read, so a peer that asks and never listens holds
    /// no more than the answers to one read.
    async fn send(&mut self) -> Result<(), Error> {
        if self.session.output().is_empty() {
            return Ok(());
        }
        let sending = async {
            self.transport.write_all_buf(self.session.output()).await?;
            self.transport.flush().await
        };
        Ok(timeout(self.limits.silence, sending).await.map_err(|_| Error::Stalled)??)
    }

    /// Says the last words, closes the side that writes, and lets the peer close its own: one that still sends would
    /// otherwise lose them to a reset.
    async fn close(mut self) {
        let closing = async {
            self.transport.write_all_buf(self.session.output()).await?;
            self.transport.shutdown().await?;
            loop {
                self.input.clear();
                self.input.reserve(READ_BYTES);
                if self.transport.read_buf(&mut self.input).await? == 0 {
                    return Ok::<(), std::io::Error>(());
                }
            }
        };
        if let Ok(Err(error)) = timeout(LINGER, closing).await {
            tracing::debug!(%error, "the peer was gone before the last words");
        }
    }
}
