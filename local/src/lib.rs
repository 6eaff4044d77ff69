//! The embedded local cloud: plays the AWS services that `template.yaml` asks for, on loopback, in one process, and
//! runs the Lambda binaries as child processes. It knows AWS wire formats and nothing of Skylark's domain.

pub mod cage;
pub mod event;
pub mod tap;
pub mod world;
