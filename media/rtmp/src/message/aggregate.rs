use bytes::{Buf, Bytes};

use super::Message;
use crate::Error;

/// FLV's tag header: type, three bytes of size, four of time, three of stream id.
const HEADER_BYTES: usize = 11;

/// Behind each tag stands its size once more.
const BACK_POINTER_BYTES: usize = 4;

/// The messages within an aggregate message (7.1.6), one after another.
///
/// Their times are moved so that the first has the time of the aggregate.
#[derive(Debug)]
pub struct Aggregate {
    stream: u32,
    timestamp: u32,
    first: Option<u32>,
    rest: Bytes,
}

impl Aggregate {
    /// The messages in `message`.
    pub fn of(message: Message) -> Self {
        Self { stream: message.stream, timestamp: message.timestamp, first: None, rest: message.payload }
    }

    fn take(&mut self) -> Result<Message, Error> {
        let cut_off = || Error::Protocol("aggregate message cut off");
        if self.rest.len() < HEADER_BYTES {
            return Err(cut_off());
        }
        let mut header = self.rest.split_to(HEADER_BYTES);
        let kind = header.get_u8();
        let length = header.get_uint(3) as usize;
        let low = header.get_uint(3) as u32;
        let time = u32::from(header.get_u8()) << 24 | low;
        if self.rest.len() < length {
            return Err(cut_off());
        }
        let payload = self.rest.split_to(length);
        // Some senders leave the last back pointer out.
        self.rest.advance(BACK_POINTER_BYTES.min(self.rest.len()));
        let first = *self.first.get_or_insert(time);
        let timestamp = self.timestamp.wrapping_add(time.wrapping_sub(first));
        Ok(Message { kind, stream: self.stream, timestamp, payload })
    }
}

impl Iterator for Aggregate {
    type Item = Result<Message, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let taken = self.take();
        if taken.is_err() {
            self.rest.clear();
        }
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::super::kind;
    use super::*;

    fn tag(kind: u8, time: u32, body: &[u8]) -> Vec<u8> {
        let mut tag = vec![kind];
        tag.extend_from_slice(&(body.len() as u32).to_be_bytes()[1..]);
        tag.extend_from_slice(&time.to_be_bytes()[1..]);
        tag.push((time >> 24) as u8);
        tag.extend_from_slice(&[0; 3]);
        tag.extend_from_slice(body);
        tag.extend_from_slice(&(body.len() as u32 + 11).to_be_bytes());
        tag
    }

    fn aggregate(timestamp: u32, payload: Vec<u8>) -> Aggregate {
        Aggregate::of(Message { kind: kind::AGGREGATE, stream: 1, timestamp, payload: payload.into() })
    }

    #[test]
    fn messages_come_out_with_times_that_start_at_the_aggregates() {
        let payload = [tag(8, u32::MAX, b"a"), tag(9, 39, b"video"), tag(8, 60, b"")].concat();
        let messages: Vec<Message> = aggregate(1000, payload).map(Result::unwrap).collect();
        let seen: Vec<_> =
            messages.iter().map(|message| (message.kind, message.timestamp, &message.payload[..])).collect();
        assert_eq!(seen, [(8, 1000, &b"a"[..]), (9, 1040, b"video"), (8, 1061, b"")]);
    }

    #[test]
    fn one_that_is_cut_off_is_refused_once() {
        let whole = tag(9, 0, b"video");
        for length in [1, 10, 12, 15] {
            let mut messages = aggregate(0, whole[..length].to_vec());
            assert!(messages.next().unwrap().is_err(), "{length}");
            assert!(messages.next().is_none());
        }
        assert_eq!(aggregate(0, whole[..whole.len() - 4].to_vec()).filter_map(Result::ok).count(), 1);
        assert!(aggregate(0, Vec::new()).next().is_none());
    }
}
