//! The embedded local cloud: plays the AWS services that `template.yaml` asks for, on loopback, in one process, and
//! runs the Lambda binaries as child processes. It knows AWS wire formats and nothing of Skylark's domain.
//!
//! `template` reads what is wanted into a `world`; `stack` starts the services that play it; `cli` is the command.

pub mod bus;
pub mod cage;
pub mod cli;
mod drain;
pub mod dynamodb;
pub mod http;
pub mod ivs;
pub mod lambda;
pub mod mediaconvert;
pub mod s3;
pub mod secrets;
pub mod sqs;
pub mod stack;
pub mod state;
pub mod tap;
pub mod template;
pub mod web;
pub mod websocket;
pub mod world;
