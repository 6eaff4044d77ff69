//! Adapters to AWS services other than the table: one module and one feature for each.

mod error;
#[cfg(feature = "secretsmanager")]
pub mod secrets;
