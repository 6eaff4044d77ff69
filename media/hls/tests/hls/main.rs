//! What the crate makes, read by others: mp4-atom, m3u8-rs, ffmpeg.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod files;
mod players;
mod playlists;
mod properties;
mod segmenting;
mod support;
mod waiting;
