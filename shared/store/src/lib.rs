//! The single table: the domain's repositories on DynamoDB.
//!
//! [`Table`] implements the repository ports. Every key format stands in `keys`, every SDK builder in `table`, and only
//! `error` looks at SDK errors. [`changes`] reads what the table's stream tells.

mod accounts;
mod attempts;
pub mod changes;
mod channels;
mod circuits;
mod connections;
mod entity;
mod error;
mod idempotency;
mod keys;
mod measurements;
mod messages;
mod public_keys;
mod rooms;
mod streams;
mod table;
mod videos;

pub use circuits::CircuitHealth;
pub use table::Table;
