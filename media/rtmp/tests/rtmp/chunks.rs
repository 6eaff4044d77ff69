use bytes::{Bytes, BytesMut};
use proptest::prelude::*;
use rml_rtmp::chunk_io::{ChunkDeserializer, ChunkSerializer};
use rml_rtmp::messages::MessagePayload;
use rml_rtmp::time::RtmpTimestamp;
use skylark_rtmp::chunk::{ChunkReader, ChunkWriter};
use skylark_rtmp::message::Message;
use skylark_rtmp::{Error, Limits, fuzzing};

use crate::cutter::Cutter;

/// All messages in `bytes`, which arrive in pieces of these sizes, over and over.
fn read(bytes: &[u8], pieces: &[usize]) -> Result<Vec<Message>, Error> {
    let limits = Limits::default();
    let mut reader = ChunkReader::new(&limits, limits.message_bytes);
    let mut input = BytesMut::new();
    let mut messages = Vec::new();
    let mut rest = bytes;
    for size in pieces.iter().cycle() {
        let (piece, behind) = rest.split_at((*size).min(rest.len()));
        input.extend_from_slice(piece);
        while let Some(message) = reader.next(&mut input)? {
            messages.push(message);
        }
        rest = behind;
        if rest.is_empty() {
            break;
        }
    }
    assert!(input.is_empty(), "{} bytes are left", input.len());
    Ok(messages)
}

fn payloads() -> impl Strategy<Value = Bytes> {
    (prop_oneof![0..4_usize, 120..140_usize, 0..9_000_usize], any::<u8>())
        .prop_map(|(length, seed)| (0..length).map(|index| (index as u8).wrapping_mul(31) ^ seed).collect())
}

fn timestamps() -> impl Strategy<Value = u32> {
    prop_oneof![0..200_u32, 0xff_fff0..0x100_0010_u32, 0xffff_fff0..=u32::MAX, any::<u32>(), Just(40)]
}

prop_compose! {
    fn messages()(kind in prop_oneof![Just(8_u8), Just(9), Just(18), Just(20)], stream in 0..2_u32,
                  timestamp in timestamps(), payload in payloads()) -> Message {
        Message { kind, stream, timestamp, payload }
    }
}

/// Small ids, and the ends of the ranges of each form.
const IDS: [u32; 7] = [3, 4, 63, 64, 319, 320, 65_599];

proptest! {
    #[test]
    fn whatever_headers_sizes_and_pieces_the_messages_are_the_same(
        messages in prop::collection::vec((prop::sample::select(&IDS[..]), messages()), 1..24),
        choices in prop::collection::vec(any::<usize>(), 1..64),
        pieces in prop::collection::vec(1..5_000_usize, 1..8),
    ) {
        let mut choices = choices.iter().cycle();
        let mut cutter = Cutter::new(|below| choices.next().unwrap() % below);
        for (id, message) in messages {
            cutter.add(id, message);
        }
        let cutter = cutter.run();
        prop_assert_eq!(read(&cutter.out, &pieces).unwrap(), cutter.complete);
    }

    #[test]
    fn a_foreign_writer_is_understood(
        messages in prop::collection::vec(messages(), 1..24),
        chunk_bytes in prop_oneof![Just(128_u32), 1..10_000_u32],
        pieces in prop::collection::vec(1..5_000_usize, 1..8),
    ) {
        let mut writer = ChunkSerializer::new();
        let mut bytes = writer.set_max_chunk_size(chunk_bytes, RtmpTimestamp::new(0)).unwrap().bytes;
        // The foreign writer writes nothing for an empty payload.
        let messages: Vec<Message> = messages.into_iter().filter(|message| !message.payload.is_empty()).collect();
        for message in &messages {
            bytes.extend(writer.serialize(&foreign(message), false, false).unwrap().bytes);
        }
        prop_assert_eq!(read(&bytes, &pieces).unwrap(), messages);
    }

    #[test]
    fn a_foreign_reader_understands_the_writer(
        messages in prop::collection::vec(messages(), 1..12),
        chunk_bytes in 1..5_000_usize,
    ) {
        let mut writer = ChunkWriter::default();
        let mut reader = ChunkDeserializer::new();
        writer.set_chunk_bytes(chunk_bytes);
        reader.set_max_chunk_size(chunk_bytes).unwrap();
        for message in messages.iter().filter(|message| !message.payload.is_empty()) {
            let mut out = BytesMut::new();
            writer.write(&mut out, 5, message);
            let read = reader.get_next_message(&out).unwrap().unwrap();
            prop_assert_eq!(read, foreign(message));
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..3_000)) {
        fuzzing::chunks(&bytes);
        fuzzing::handshake(&bytes);
        fuzzing::flv(&bytes);
        fuzzing::amf0(&bytes);
    }
}

fn foreign(message: &Message) -> MessagePayload {
    let mut payload = MessagePayload::new();
    payload.timestamp = RtmpTimestamp::new(message.timestamp);
    payload.type_id = message.kind;
    payload.message_stream_id = message.stream;
    payload.data = message.payload.clone();
    payload
}

#[test]
fn a_writer_that_does_not_repeat_the_extended_time_is_understood() {
    let time = 0x0102_0304_u32;
    let payload: Vec<u8> = (0..300).map(|index| index as u8).collect();
    let mut bytes = vec![4, 0xff, 0xff, 0xff, 0, 1, 44, 9, 1, 0, 0, 0];
    bytes.extend(time.to_be_bytes());
    bytes.extend_from_slice(&payload[..128]);
    for piece in payload[128..].chunks(128) {
        bytes.push(0xc4);
        bytes.extend_from_slice(piece);
    }
    for pieces in [1, 7, 1_000] {
        let messages = read(&bytes, &[pieces]).unwrap();
        assert_eq!(messages, [Message { kind: 9, stream: 1, timestamp: time, payload: payload.clone().into() }]);
    }
}

#[test]
fn type_1_may_open_a_chunk_stream() {
    let messages = read(&[0x42, 0, 0, 5, 0, 0, 6, 4, 0, 6, 0, 0, 0, 1], &[100]).unwrap();
    assert_eq!((messages[0].timestamp, messages[0].stream), (5, 0));
}
