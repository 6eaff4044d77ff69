//! Adapters to AWS services other than the table: one module and one feature for each.

#[cfg(feature = "cloudwatch")]
pub mod cloudwatch;
mod error;
#[cfg(feature = "events")]
pub mod events;
pub mod guarded;
#[cfg(feature = "ivs")]
pub mod ivs;
#[cfg(feature = "mediaconvert")]
pub mod mediaconvert;
#[cfg(feature = "s3")]
pub mod s3;
#[cfg(feature = "secretsmanager")]
pub mod secrets;
#[cfg(feature = "sqs")]
pub mod sqs;
#[cfg(feature = "websocket")]
pub mod websocket;
