//! One connection of an encoder, as IVS tells of it. IVS's events are best effort: they get lost, come hours late and in
//! any order. So a session is a function of the *set* of what was said: [`Session::merge`] may be given the same things
//! in any order, any number of times.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::IngestRef;
use crate::ids::{ChannelId, StreamId};

/// One connection of an encoder to a channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// IVS's `stream_id`.
    pub id: String,
    /// The channel.
    pub channel_id: ChannelId,
    /// The stream it belongs to, once its picture came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream_id: Option<StreamId>,
    /// When its key was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// When its picture came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When its last picture was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// What went wrong with it: the last thing that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
    /// Its recording, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<Recording>,
    /// 1, then one more with each change.
    pub version: u64,
}

/// Something that went wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Trouble {
    /// When.
    pub at: Timestamp,
    /// What.
    pub reason: String,
}

/// The recording of one ingest session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recording {
    /// Everything of it stands below this in the bucket.
    pub prefix: String,
    /// Whether nothing will be added any more.
    pub is_over: bool,
    /// Milliseconds, once it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
}

impl Recording {
    /// Key of its latest picture, which is written anew all the time. IVS names it: "Auto-Record to Amazon S3", S3 prefix
    /// and thumbnails, of its user guide.
    pub fn picture(&self) -> String {
        format!("{}/media/latest_thumbnail/thumb.jpg", self.prefix)
    }
}

/// One thing that IVS says of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// The key was taken: `Session Created`.
    Created,
    /// The picture is there: `Stream Start`.
    Started,
    /// No more pictures come: `Stream End`, `Session Ended`.
    Ended,
    /// Something went wrong: `Stream Failure`, a limit.
    Trouble(String),
    /// It is being recorded.
    RecordingStarted {
        /// Everything of the recording stands below this.
        prefix: String,
    },
    /// The recording is complete.
    RecordingEnded {
        /// Everything of the recording stands below this.
        prefix: String,
        /// Milliseconds.
        duration_ms: u64,
    },
    /// The recording could not be made, or not finished.
    RecordingFailed {
        /// Everything of the recording stands below this, if it began.
        prefix: Option<String>,
    },
}

impl Session {
    /// A session of which nothing is known yet.
    pub fn new(channel_id: ChannelId, id: &str) -> Self {
        Self {
            id: id.to_owned(),
            channel_id,
            stream_id: None,
            created_at: None,
            started_at: None,
            ended_at: None,
            trouble: None,
            recording: None,
            version: 0,
        }
    }

    /// What is known once this was said of `at`. The earliest beginning and the earliest end count.
    #[must_use]
    pub fn merge(mut self, news: &News, at: Timestamp) -> Self {
        let earliest = |known: Option<Timestamp>| Some(known.map_or(at, |known| known.min(at)));
        match news.clone() {
            News::Created => self.created_at = earliest(self.created_at),
            News::Started => self.started_at = earliest(self.started_at),
            News::Ended => self.ended_at = earliest(self.ended_at),
            News::Trouble(reason) => self.trouble = self.trouble.max(Some(Trouble { at, reason })),
            News::RecordingStarted { prefix } => {
                self.recording.get_or_insert(Recording { prefix, is_over: false, duration_ms: None });
            }
            News::RecordingEnded { prefix, duration_ms } => {
                self.recording = Some(Recording { prefix, is_over: true, duration_ms: Some(duration_ms) });
            }
            News::RecordingFailed { prefix } => {
                let known = self.recording.take();
                self.recording = match (known, prefix) {
                    (Some(recording), _) => Some(Recording { is_over: true, ..recording }),
                    (None, Some(prefix)) => Some(Recording { prefix, is_over: true, duration_ms: None }),
                    (None, None) => None,
                };
            }
        }
        self
    }

    /// The session as a stream knows it, once its picture came.
    pub fn reference(&self) -> Option<IngestRef> {
        Some(IngestRef { ingest_id: self.id.clone(), started_at: self.started_at? })
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use proptest::prelude::*;

    use super::*;
    use crate::ids::new_id;

    fn said() -> Vec<(News, i64)> {
        let prefix = || "ivs/v1/a/b".to_owned();
        vec![
            (News::Created, 0),
            (News::Started, 1),
            (News::RecordingStarted { prefix: prefix() }, 2),
            (News::Trouble("Starvation Start".into()), 3),
            (News::Ended, 9),
            (News::Ended, 10),
            (News::RecordingEnded { prefix: prefix(), duration_ms: 8000 }, 11),
        ]
    }

    fn merged(order: &[usize]) -> Session {
        let said = said();
        let first = Session::new(new_id(Timestamp::UNIX_EPOCH), "st-1");
        let first = Session { channel_id: ChannelId::from_uuid(uuid::Uuid::nil()), ..first };
        order.iter().fold(first, |session, index| {
            let (news, second) = &said[*index];
            session.merge(news, Timestamp::UNIX_EPOCH + SignedDuration::from_secs(*second))
        })
    }

    proptest! {
        #[test]
        fn order_and_repetition_make_no_difference(order in Just((0..7).collect::<Vec<usize>>()).prop_shuffle(),
            again in proptest::collection::vec(0..7usize, 0..6)) {
            let whole = merged(&[0, 1, 2, 3, 4, 5, 6]);
            prop_assert_eq!(&merged(&order), &whole);
            let repeated: Vec<usize> = order.iter().chain(&again).copied().collect();
            prop_assert_eq!(&merged(&repeated), &whole);
        }
    }
}
