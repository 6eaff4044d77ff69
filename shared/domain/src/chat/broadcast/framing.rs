//! What a room is told becomes frames: encoded once for each kind of receiver.

use bytes::Bytes;

use crate::chat::frames::ServerFrame;
use crate::error::{PortError, PortErrorKind};
use crate::ports::Frame;

/// Frames in a batch.
const MAX_FRAMES: usize = 50;
/// Bytes of a batch, below the 32 KiB that a frame may have and that are paid for as one message.
const MAX_BYTES: usize = 30_000;
/// Bytes of a batch around its frames.
const ENVELOPE: usize = 64;

/// The frames of one moment.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Frames {
    /// For clients that take several in one.
    pub(super) batch: Vec<Frame>,
    /// For those that do not: one after another.
    pub(super) single: Vec<Frame>,
}

impl Frames {
    /// Packs what was `told`, in order. Of too much the latest stays, and a batch says how many were left out; they are in
    /// the history. What is not a message is in no history, so messages are left out first.
    pub(super) fn pack(told: &[ServerFrame]) -> Result<Self, PortError> {
        let texts: Result<Vec<String>, _> = told.iter().map(serde_json::to_string).collect();
        let texts = texts.map_err(|error| PortError::new("frames", PortErrorKind::Corrupt, error))?;
        let is_message = |index: &usize| matches!(told.get(*index), Some(ServerFrame::ChatBroadcast(_)));
        let latest = || (0..texts.len()).rev();
        let mut room = MAX_BYTES - ENVELOPE;
        let mut chosen = Vec::new();
        for index in latest().filter(|index| !is_message(index)).chain(latest().filter(is_message)) {
            // A comma stands between two.
            let size = texts.get(index).map_or(0, String::len) + 1;
            if chosen.len() == MAX_FRAMES || size > room {
                break;
            }
            room -= size;
            chosen.push(index);
        }
        chosen.sort_unstable();
        let skipped = texts.len() - chosen.len();
        let chosen: Vec<&str> = chosen.into_iter().filter_map(|index| texts.get(index).map(String::as_str)).collect();
        let single: Vec<Frame> = chosen.iter().map(|text| frame(text)).collect();
        let batch = match (single.as_slice(), skipped) {
            ([], _) => Vec::new(),
            ([only], 0) => vec![only.clone()],
            _ => {
                let skipped = if skipped > 0 { format!(",\"skipped\":{skipped}") } else { String::new() };
                vec![frame(&format!("{{\"type\":\"BATCH\",\"messages\":[{}]{skipped}}}", chosen.join(",")))]
            }
        };
        Ok(Self { batch, single })
    }

    pub(super) fn of_kind(&self, is_batch: bool) -> &[Frame] {
        if is_batch { &self.batch } else { &self.single }
    }
}

fn frame(text: &str) -> Frame {
    Frame::new(Bytes::copy_from_slice(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::chat::frames::Said;
    use crate::ids::{StreamId, new_id};

    fn said(content: &str) -> ServerFrame {
        ServerFrame::ChatBroadcast(Said {
            stream_id: StreamId::new(),
            user_id: "guest:a".into(),
            username: "A".into(),
            content: content.into(),
            timestamp: "2026-11-21T10:00:00.000Z".into(),
            id: new_id("2026-11-21T10:00:00Z".parse().unwrap()),
            client_id: None,
            roles: Vec::new(),
        })
    }

    fn slow_mode(seconds: u32) -> ServerFrame {
        ServerFrame::SlowMode { stream_id: StreamId::new(), seconds }
    }

    fn value(frame: &Frame) -> Value {
        serde_json::from_slice(frame.text()).unwrap()
    }

    #[test]
    fn one_event_goes_as_itself() {
        let frames = Frames::pack(&[said("hi")]).unwrap();
        assert_eq!(frames.batch, frames.single);
        assert_eq!(value(&frames.batch[0])["type"], "CHAT_BROADCAST");
        assert_eq!(Frames::pack(&[]).unwrap(), Frames::default());
    }

    #[test]
    fn several_events_are_one_frame_for_those_who_take_it() {
        let frames = Frames::pack(&[said("a"), slow_mode(5), said("b")]).unwrap();
        assert_eq!((frames.batch.len(), frames.single.len()), (1, 3));
        let batch = value(&frames.batch[0]);
        assert_eq!(batch["type"], "BATCH");
        assert_eq!(batch.get("skipped"), None);
        let single: Vec<Value> = frames.single.iter().map(value).collect();
        assert_eq!(batch["messages"], Value::Array(single));
    }

    #[test]
    fn of_too_many_the_latest_stay_and_what_is_no_message_stays_before() {
        let mut told: Vec<ServerFrame> = vec![slow_mode(1)];
        told.extend((0..60).map(|n| said(&n.to_string())));
        let frames = Frames::pack(&told).unwrap();
        let batch = value(&frames.batch[0]);
        let messages = batch["messages"].as_array().unwrap();
        assert_eq!(batch["skipped"], 11);
        assert_eq!(messages.len(), 50);
        assert_eq!(messages[0]["type"], "SLOW_MODE");
        assert_eq!(messages[1]["content"], "11");
        assert_eq!(messages[49]["content"], "59");
        assert_eq!(frames.single.len(), 50);
        let many = Frames::pack(&(0..80).map(slow_mode).collect::<Vec<_>>()).unwrap();
        assert_eq!(value(&many.batch[0])["messages"][0]["seconds"], 30);
    }

    proptest! {
        #[test]
        fn a_batch_is_never_larger_than_allowed(
            contents in prop::collection::vec("[\"\\\\a-c\u{1f468}]{0,200}", 0..120),
        ) {
            let told: Vec<ServerFrame> = contents.iter().map(|content| said(content)).collect();
            let frames = Frames::pack(&told).unwrap();
            for frame in frames.batch.iter().chain(&frames.single) {
                prop_assert!(frame.text().len() <= MAX_BYTES);
            }
            if let [batch] = frames.batch.as_slice() {
                let batch = value(batch);
                let (shown, skipped) = match batch["messages"].as_array() {
                    Some(messages) => (messages.len() as u64, batch["skipped"].as_u64().unwrap_or(0)),
                    None => (1, 0),
                };
                prop_assert_eq!(shown + skipped, told.len() as u64);
                prop_assert!(shown <= 50);
            }
            // Whoever is told anything is told the latest.
            prop_assert_eq!(frames.single.is_empty(), told.is_empty());
            if let (Some(frame), Some(content)) = (frames.single.last(), contents.last()) {
                let latest = value(frame);
                prop_assert_eq!(latest["content"].as_str(), Some(content.as_str()));
            }
        }
    }
}
