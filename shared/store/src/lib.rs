//! The single table: the domain's repositories on DynamoDB.
//!
//! [`Table`] implements the repository ports. Every key format stands in `keys`, every SDK builder in `table`, and only
//! `error` looks at SDK errors.

mod accounts;
mod attempts;
mod channels;
mod circuits;
mod entity;
mod error;
mod idempotency;
mod keys;
mod measurements;
mod public_keys;
mod streams;
mod table;
mod videos;

pub use circuits::CircuitHealth;
pub use table::Table;
