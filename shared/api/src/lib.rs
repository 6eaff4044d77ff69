//! The edge: what every function needs to be a good HTTP citizen and a good Lambda.
//!
//! `operations` declares what the API offers, with its types; `problem` is the only place that knows status codes; `token`
//! decides who is calling; `serve` puts a router under Lambda.

pub mod address;
pub mod callback;
pub mod clock;
pub mod cursor;
pub mod env;
pub mod etag;
pub mod idempotency;
pub mod issuer;
pub mod json;
pub mod openapi;
pub mod operations;
pub mod password;
pub mod problem;
pub mod query;
pub mod serve;
pub mod signing;
pub mod socket;
pub mod token;
pub mod webvtt;
