//! The server against foreign and hostile peers.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod chunks;
mod corpus;
mod cutter;
mod encoder;
mod hostile;
mod kit;
mod media;
mod publish;
mod refusal;
