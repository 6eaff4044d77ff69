//! Plays MediaConvert: takes jobs in AWS's wire JSON, runs their own settings with ffmpeg in a cage, names the files by
//! AWS's rule and tells of progress with AWS's events.
//!
//! A job travels: `wire` (HTTP) -> `plan` (what its settings ask for) -> `jobs` (stored) -> `run` (ffmpeg, then the
//! outputs become objects) -> an event on the bus.

mod ffmpeg;
mod jobs;
mod plan;
mod playlist;
mod probe;
mod run;
mod wire;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{Notify, watch};

pub use self::ffmpeg::{Tools, find_tools};
use self::jobs::Jobs;
pub use self::jobs::SCHEMA;
use crate::bus::Bus;
use crate::s3::Objects;
use crate::state::State;

/// The running service. Cheap to clone.
#[derive(Clone)]
pub struct MediaConvert {
    jobs: Jobs,
    objects: Objects,
    tools: Result<Arc<Tools>, String>,
    folder: Arc<PathBuf>,
    submitted: Arc<Notify>,
}

impl MediaConvert {
    /// The service, which works in `folder`. Without `tools` it still answers, and every job ends with what is missing.
    pub fn new(folder: PathBuf, objects: Objects, state: State, bus: Bus, tools: Result<Tools, String>) -> Self {
        Self {
            jobs: Jobs::new(state, bus),
            objects,
            tools: tools.map(Arc::new),
            folder: Arc::new(folder),
            submitted: Arc::default(),
        }
    }

    /// Runs jobs one after another until `stop` turns true. Jobs that a crash cut off run again from the start.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        run::run(self, stop).await;
    }
}
