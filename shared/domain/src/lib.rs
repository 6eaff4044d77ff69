//! Skylark's rules, without AWS, HTTP, a runtime or a clock.
//!
//! Start at [`ports`]: everything the domain needs from outside is a trait there. Each area is a module with its
//! commands (changes) and queries (reads): [`account`], [`video`], [`channel`],
//! [`stream`] and [`chat`]; [`preview`] is what links to them tell. A command decides purely on what it read, and commits one
//! [`outbox::Change`]: the aggregate's next value together with the domain event that says what happened.

pub mod account;
pub mod channel;
pub mod chat;
mod check;
pub mod error;
pub mod idempotency;
pub mod ids;
pub mod outbox;
pub mod ports;
pub mod preview;
pub mod resilience;
pub mod stream;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod token;
pub mod video;

pub use error::{Error, PortError, PortErrorKind, Result};
