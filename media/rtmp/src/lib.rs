//! An RTMP ingest server: what an encoder such as OBS or ffmpeg sends becomes checked frames of H.264 and AAC.
//!
//! Start at [`serve`]: it takes one connection and a [`Handler`], and ends when the publisher does. Underneath, each
//! layer works on bytes alone and knows no socket: [`handshake`], [`chunk`] (messages cut into chunks), [`amf0`]
//! (values of commands), [`flv`] (bodies of audio and video messages), and [`session`], the state machine that joins
//! them. Sections refer to Adobe's "Real-Time Messaging Protocol (RTMP) specification" 1.0 unless another is named.
//!
//! The peer is never trusted: what is kept in memory grows with the bytes that arrived, never with a length they name.

pub mod amf0;
pub mod chunk;
mod error;
pub mod flv;
pub mod fuzzing;
mod handler;
pub mod handshake;
mod limits;
mod media;
pub mod message;
mod publish;
mod server;
pub mod session;
mod transport;

pub use self::error::Error;
pub use self::handler::{End, Handler};
pub use self::limits::Limits;
pub use self::media::{Media, Metadata};
pub use self::publish::{Publish, Refusal};
pub use self::server::serve;
pub use self::transport::Transport;
