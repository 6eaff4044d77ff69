//! The harness of the end-to-end tests: a real `skylark up` on its own ports and data directory, and people who use it.

pub mod chat;
mod command;
mod encoder;
pub mod media;
mod person;
mod stack;
mod streams;

pub use command::Running;
pub use encoder::{Encoder, Picture};
pub use person::{Person, problem_code};
pub use stack::Stack;
pub use streams::Key;
