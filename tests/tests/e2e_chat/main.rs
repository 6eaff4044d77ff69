//! Rooms on the real binaries: people with tickets and guests, over WebSockets.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod counts;
mod doors;
mod ears;
mod history;
mod live;
mod order;
mod talking;
