//! Where a recording is and how far it got, as it is stored with its session.

use serde::{Deserialize, Serialize};

/// The recording of one ingest session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Recording {
    /// `recording_session_id`.
    pub(super) id: String,
    pub(super) bucket: String,
    /// Key prefix without a slash at its end.
    pub(super) prefix: String,
    /// Milliseconds since 1970.
    pub(super) started_at: i64,
}
