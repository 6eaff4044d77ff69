use std::future::Future;

use crate::media::Media;
use crate::publish::{Publish, Refusal};

/// What a session asks of its owner.
pub trait Handler: Send {
    /// Once, at `publish`. On `Err` the encoder gets the status and the connection ends. Nothing is read meanwhile; the
    /// future is dropped if the owner stops the session first.
    fn publish(&mut self, request: Publish) -> impl Future<Output = Result<(), Refusal>> + Send;

    /// Every message of media, in order. Must not block. On `Err` the encoder gets the status and the connection ends.
    fn media(&mut self, media: Media) -> Result<(), Refusal>;

    /// Bytes that arrived on the wire since the last call, told before the media in them. Starts once `publish` is
    /// accepted.
    fn received(&mut self, bytes: usize);
}

/// How a session ended without an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The encoder said that it ends: `FCUnpublish`, `deleteStream` or `closeStream`.
    Unpublished,
    /// The transport ended, before or after `publish`.
    Disconnected,
    /// The encoder was turned away, by the handler or because of what it sends.
    Refused(Refusal),
    /// No byte came within [`Limits::silence`](crate::Limits::silence).
    Silent,
    /// The owner cut the publisher.
    Stopped,
}
