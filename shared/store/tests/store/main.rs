//! The stores with the real SDK, on a table made from the template.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accounts;
mod broadcast;
mod channels;
mod chat_rest;
mod live;
mod sessions;
mod talking;
mod videos;
mod world;
