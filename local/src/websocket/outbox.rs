//! What goes out to one client. A frame is written at once by whoever sends it, as long as the socket takes it; what the
//! socket does not take waits in a bounded buffer, which the connection's own task writes on. So a slow reader holds up
//! nobody, and a quick one costs neither a buffer nor a switch of tasks.

use std::collections::VecDeque;
use std::io::{ErrorKind, IoSlice};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::{Buf, Bytes};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::frame::Close;

/// The most frames that wait for a client.
pub const MAX_FRAMES: usize = 256;
/// The most bytes that wait for a client; one that lets more come is closed.
pub const MAX_BYTES: usize = 1024 * 1024;
/// Frames written with one system call.
const FRAMES_A_WRITE: usize = 32;

/// What became of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// It is written, or will be.
    Accepted,
    /// The buffer is full.
    Full,
    /// The connection ends or has ended.
    Gone,
}

/// How far a write came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flushed {
    Everything,
    /// The rest waits until the socket takes more.
    Some,
    /// The connection is broken.
    Broken,
}

/// Why there will be no more frames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// A close frame is on its way.
    Closing(Close),
    /// The client does not read: it gets nothing more, not even a close frame.
    Cut,
}

#[derive(Default)]
struct Queue {
    frames: VecDeque<(Instant, Bytes)>,
    bytes: usize,
    end: Option<End>,
}

/// The writing side of one connection.
pub(super) struct Outbox {
    socket: TcpStream,
    queue: Mutex<Queue>,
    /// Tells the connection's task that something waits or that the end has come.
    changed: Notify,
}

impl Outbox {
    pub(super) fn new(socket: TcpStream) -> Self {
        Self { socket, queue: Mutex::default(), changed: Notify::new() }
    }

    pub(super) fn socket(&self) -> &TcpStream {
        &self.socket
    }

    /// Sends an encoded frame.
    pub(super) fn send(&self, frame: &Bytes) -> Sent {
        let mut queue = self.queue();
        if queue.end.is_some() {
            return Sent::Gone;
        }
        if queue.bytes + frame.len() > MAX_BYTES {
            queue.end = Some(End::Cut);
            self.changed.notify_one();
            return Sent::Full;
        }
        if queue.frames.len() >= MAX_FRAMES {
            return Sent::Full;
        }
        self.put(&mut queue, frame);
        Sent::Accepted
    }

    /// Sends a close frame after what waits; `false` when the end has come before.
    pub(super) fn close(&self, close: Close) -> bool {
        let mut queue = self.queue();
        if queue.end.is_some() {
            return false;
        }
        self.put(&mut queue, &close.frame());
        queue.end = Some(End::Closing(close));
        self.changed.notify_one();
        true
    }

    /// Cuts the client off when the frame that waits longest has waited for `patience`.
    pub(super) fn cut_if_stalled(&self, now: Instant, patience: Duration) {
        let mut queue = self.queue();
        let since = queue.frames.front().map(|(since, _)| *since);
        if since.is_some_and(|since| now.saturating_duration_since(since) >= patience) {
            queue.end = Some(End::Cut);
            self.changed.notify_one();
        }
    }

    pub(super) fn end(&self) -> Option<End> {
        self.queue().end.clone()
    }

    /// Whether frames wait for the socket.
    pub(super) fn has_waiting(&self) -> bool {
        !self.queue().frames.is_empty()
    }

    /// Waits until frames wait or the end has come. It may come back for nothing.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Writes what the socket takes.
    pub(super) fn flush(&self) -> Flushed {
        let mut queue = self.queue();
        while !queue.frames.is_empty() {
            let mut slices = [IoSlice::new(&[]); FRAMES_A_WRITE];
            for (slice, (_, frame)) in slices.iter_mut().zip(&queue.frames) {
                *slice = IoSlice::new(frame);
            }
            let count = queue.frames.len().min(FRAMES_A_WRITE);
            match self.socket.try_write_vectored(&slices[..count]) {
                Ok(written) => queue.advance(written),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Flushed::Some,
                Err(_) => return Flushed::Broken,
            }
        }
        // What a slow reader once needed is not kept.
        queue.frames = VecDeque::new();
        Flushed::Everything
    }

    fn put(&self, queue: &mut Queue, frame: &Bytes) {
        let mut frame = frame.clone();
        if queue.frames.is_empty() {
            // An error is found again by the task, which reads.
            let written = self.socket.try_write(&frame).unwrap_or(0);
            frame.advance(written);
        }
        if frame.has_remaining() {
            queue.bytes += frame.len();
            queue.frames.push_back((Instant::now(), frame));
            self.changed.notify_one();
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn advance(&mut self, mut written: usize) {
        self.bytes -= written;
        while let Some((_, frame)) = self.frames.front_mut() {
            if written < frame.len() {
                frame.advance(written);
                return;
            }
            written -= frame.len();
            self.frames.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    use super::*;

    async fn pair() -> (Outbox, TcpStream) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let peer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (Outbox::new(listener.accept().await.unwrap().0), peer)
    }

    /// Sends numbered frames of `size` bytes until the outbox takes no more; answers how many it took.
    fn fill(outbox: &Outbox, size: usize) -> (u32, Sent) {
        for number in 0_u32.. {
            let mut frame = vec![0; size];
            frame[..4].copy_from_slice(&number.to_be_bytes());
            let sent = outbox.send(&frame.into());
            if sent != Sent::Accepted {
                return (number, sent);
            }
        }
        unreachable!("an outbox is bounded")
    }

    #[tokio::test]
    async fn what_waits_is_bounded_and_arrives_in_order() {
        let (outbox, mut peer) = pair().await;
        let (count, sent) = fill(&outbox, 1000);
        assert_eq!(sent, Sent::Full);
        assert_eq!(outbox.queue().frames.len(), MAX_FRAMES);
        assert_eq!(outbox.end(), None, "the client may still catch up");

        let reader = tokio::spawn(async move {
            for number in 0..count {
                let mut frame = [0; 1000];
                peer.read_exact(&mut frame).await.unwrap();
                assert_eq!(frame[..4], number.to_be_bytes());
            }
        });
        while outbox.flush() == Flushed::Some {
            outbox.socket().writable().await.unwrap();
        }
        reader.await.unwrap();
        assert_eq!(outbox.queue().bytes, 0);
        assert!(!outbox.has_waiting());
        assert_eq!(outbox.send(&Bytes::from_static(b"x")), Sent::Accepted);
    }

    #[tokio::test]
    async fn a_client_that_lets_a_mebibyte_wait_is_cut() {
        let (outbox, _peer) = pair().await;
        let (_, sent) = fill(&outbox, 64 * 1024);
        assert_eq!((sent, outbox.end()), (Sent::Full, Some(End::Cut)));
        assert!(outbox.queue().bytes <= MAX_BYTES);
        assert_eq!(outbox.send(&Bytes::from_static(b"x")), Sent::Gone);
        assert!(!outbox.close(Close::new(1000, "")));
    }

    #[tokio::test]
    async fn a_frame_that_waits_too_long_cuts_the_client() {
        let (outbox, _peer) = pair().await;
        let patience = Duration::from_secs(10);
        outbox.cut_if_stalled(Instant::now() + patience, patience);
        assert_eq!(outbox.end(), None, "nothing waits");
        fill(&outbox, 1000);
        outbox.cut_if_stalled(Instant::now(), patience);
        assert_eq!(outbox.end(), None);
        outbox.cut_if_stalled(Instant::now() + patience, patience);
        assert_eq!(outbox.end(), Some(End::Cut));
    }
}
