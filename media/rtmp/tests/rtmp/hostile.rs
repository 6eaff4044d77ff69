//! What one connection may do to hurt, and how it ends.

use std::time::Duration;

use skylark_rtmp::amf0::Value;
use skylark_rtmp::message::{Message, kind, user_control};
use skylark_rtmp::{End, Error, Limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep};

use crate::kit::{
    Owner, Server, body, chunks, command, connect, converse, create_stream, handshake, messages, publish, published,
    until,
};
use crate::media::{access_unit, audio, audio_config, video, video_config};

/// The end of a session whose peer sends this, hears whatever comes, and closes.
async fn end(sent: &[u8]) -> Result<End, Error> {
    let (server, peer) = Server::start(Owner::default());
    let (mut hear, mut say) = tokio::io::split(peer);
    let hearing = tokio::spawn(async move {
        let mut heard = Vec::new();
        hear.read_to_end(&mut heard).await
    });
    // A server that refuses in the middle closes the pipe.
    if say.write_all(sent).await.is_ok() {
        say.shutdown().await.unwrap();
    }
    let end = server.end().await;
    hearing.await.unwrap().unwrap();
    end
}

fn message(message: &Message) -> Vec<u8> {
    chunks(message.kind, message.stream, message.timestamp, message.payload.clone())
}

fn chunk_size(bytes: u32) -> Vec<u8> {
    message(&Message::bytes(kind::SET_CHUNK_SIZE, bytes))
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_dribbles_ends_in_time() {
    let (server, mut peer) = Server::start(Owner::default());
    let start = Instant::now();
    let dribble = tokio::spawn(async move {
        for byte in handshake() {
            if peer.write_all(&[byte]).await.is_err() {
                return;
            }
            sleep(Duration::from_millis(100)).await;
        }
    });
    assert!(matches!(server.end().await, Err(Error::SlowHandshake(_))));
    assert_eq!(start.elapsed(), Duration::from_secs(5));
    dribble.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_says_nothing_ends_in_time() {
    let (server, _peer) = Server::start(Owner::default());
    let start = Instant::now();
    assert!(matches!(server.end().await, Err(Error::SlowHandshake(_))));
    assert_eq!(start.elapsed(), Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_never_publishes_ends_in_time_whatever_else_it_says() {
    let (server, mut peer) = Server::start(Owner::default());
    sleep(Duration::from_secs(3)).await;
    peer.write_all(&[handshake(), connect()].concat()).await.unwrap();
    let start = Instant::now();
    let talk = tokio::spawn(async move {
        let ping = message(&Message::user_control(user_control::PING_REQUEST, 1));
        while peer.write_all(&ping).await.is_ok() {
            sleep(Duration::from_millis(300)).await;
        }
    });
    assert!(matches!(server.end().await, Err(Error::SlowPublish(_))));
    assert_eq!(start.elapsed(), Duration::from_secs(10));
    talk.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_publisher_that_falls_silent_ends_ten_seconds_later() {
    let (server, mut peer) = Server::start(Owner::default());
    peer.write_all(&published()).await.unwrap();
    sleep(Duration::from_secs(7)).await;
    peer.write_all(&chunks(kind::VIDEO, 1, 0, video_config())).await.unwrap();
    let start = Instant::now();
    let mut heard = Vec::new();
    peer.read_to_end(&mut heard).await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_secs(10));
    drop(peer);
    assert_eq!(server.end().await.unwrap(), End::Silent);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_asks_and_never_listens_ends() {
    let (server, mut peer) = Server::start(Owner::default());
    peer.write_all(&handshake()).await.unwrap();
    let ping = message(&Message::user_control(user_control::PING_REQUEST, 1)).repeat(1_000);
    while peer.write_all(&ping).await.is_ok() {}
    assert!(matches!(server.end().await, Err(Error::Stalled | Error::Io(_))));
}

#[tokio::test]
async fn a_ping_flood_is_answered_and_does_no_harm() {
    let (server, peer) = Server::start(Owner::default());
    let (mut hear, mut say) = tokio::io::split(peer);
    let ping = message(&Message::user_control(user_control::PING_REQUEST, 7));
    let hearing = tokio::spawn(async move {
        let mut heard = Vec::new();
        hear.read_to_end(&mut heard).await.unwrap();
        heard
    });
    say.write_all(&handshake()).await.unwrap();
    say.write_all(&ping.repeat(10_000)).await.unwrap();
    say.shutdown().await.unwrap();
    assert_eq!(server.end().await.unwrap(), End::Disconnected);
    assert_eq!(messages(&hearing.await.unwrap()).len(), 10_000);
}

#[tokio::test]
async fn other_protocols_and_noise_are_refused() {
    assert!(matches!(end(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await, Err(Error::Version(b'G'))));
    assert!(matches!(end(b"\x16\x03\x01\x02\0\x01\0").await, Err(Error::Version(0x16))));
    assert_eq!(end(b"").await.unwrap(), End::Disconnected);
    let noise: Vec<u8> = (0..200_000_u64).map(|index| ((index * index) >> 3) as u8).collect();
    assert!(end(&[handshake(), noise].concat()).await.is_err());
}

#[tokio::test]
async fn a_message_declared_beyond_the_limit_is_refused_at_its_header() {
    let declared = |length: u32| {
        let mut header = vec![4, 0, 0, 0];
        header.extend_from_slice(&length.to_be_bytes()[1..]);
        header.extend_from_slice(&[kind::VIDEO, 1, 0, 0, 0]);
        header
    };
    let refused = |end| matches!(end, Err(Error::Limit { what: "bytes of a message", .. }));
    assert!(refused(end(&[handshake(), declared(64 * 1024 + 1)].concat()).await));
    assert!(refused(end(&[published(), declared(8 * 1024 * 1024 + 1)].concat()).await));
    assert_eq!(end(&[published(), declared(8 * 1024 * 1024)].concat()).await.unwrap(), End::Disconnected);
}

#[tokio::test]
async fn unfinished_messages_count_together() {
    let limits = Limits { command_bytes: 1_000, ..Limits::default() };
    let (server, mut peer) = Server::start_with(Owner::default(), limits);
    peer.write_all(&handshake()).await.unwrap();
    for stream in 4..20 {
        // One chunk of 128 bytes each, of a message of 1,000.
        let chunk = [&[stream, 0, 0, 0, 0, 3, 0xe8, kind::COMMAND, 0, 0, 0, 0][..], &[0; 128]].concat();
        if peer.write_all(&chunk).await.is_err() {
            break;
        }
    }
    let end = server.end().await;
    assert!(matches!(end, Err(Error::Limit { what: "bytes of unfinished messages", limit: 1_000 })), "{end:?}");
}

#[tokio::test]
async fn the_65th_chunk_stream_is_refused() {
    let open = |streams: u8| -> Vec<u8> {
        (0..streams).flat_map(|stream| [0, stream, 0, 0, 0, 0, 0, 0, kind::ACKNOWLEDGEMENT, 0, 0, 0, 0]).collect()
    };
    assert_eq!(end(&[handshake(), open(64)].concat()).await.unwrap(), End::Disconnected);
    let end = end(&[handshake(), open(65)].concat()).await;
    assert!(matches!(end, Err(Error::Limit { what: "chunk streams", limit: 64 })));
}

#[tokio::test]
async fn chunk_sizes_are_bounded_on_both_sides() {
    assert!(matches!(end(&[handshake(), chunk_size(0)].concat()).await, Err(Error::Chunk(_))));
    assert!(matches!(
        end(&[handshake(), chunk_size(0x8000_0000 - 1), vec![0xff]].concat()).await,
        Err(Error::Chunk(_))
    ));
    // The largest size means that no message is cut.
    let (server, peer) = Server::start(Owner::default());
    let notes = server.notes.clone();
    let mut unit = vec![4, 0, 0, 0, 0, 0x27, 0x19, kind::VIDEO, 1, 0, 0, 0];
    unit.extend_from_slice(&video(true, 0, &access_unit(10_000)));
    let config = chunks(kind::VIDEO, 1, 0, video_config());
    let bye = command(0, &["FCUnpublish".into(), 4.0.into()]);
    converse(peer, &[published(), config, chunk_size(i32::MAX as u32), unit, bye].concat()).await;
    assert_eq!(server.end().await.unwrap(), End::Unpublished);
    assert_eq!(notes.lock().unwrap().media.len(), 2);
}

#[tokio::test]
async fn a_storm_of_aborts_and_empty_messages_does_no_harm() {
    let mut storm = Vec::new();
    for stream in 0..20_000 {
        storm.extend(message(&Message::bytes(kind::ABORT, stream % 8)));
    }
    for kind in [kind::AUDIO, kind::VIDEO, kind::DATA, kind::COMMAND, kind::DATA_AMF3, kind::COMMAND_AMF3, 99] {
        storm.extend(chunks(kind, 1, 0, Vec::new()));
        // Type 3: the same once more, in one byte.
        storm.extend([0xc3; 1_000]);
    }
    storm.extend(chunks(kind::AGGREGATE, 1, 0, Vec::new()));
    let end = end(&[published(), storm, command(0, &["closeStream".into()])].concat()).await;
    assert_eq!(end.unwrap(), End::Unpublished);
}

#[tokio::test]
async fn an_abort_drops_what_had_arrived() {
    let half = [&[4, 0, 0, 0, 0, 1, 0, kind::VIDEO, 1, 0, 0, 0][..], &[0xff; 128]].concat();
    let abort = message(&Message::bytes(kind::ABORT, 4));
    let whole = [&[4, 0, 0, 0, 0, 0, 23, kind::VIDEO, 1, 0, 0, 0][..], &video_config()].concat();
    let (server, peer) = Server::start(Owner::default());
    let notes = server.notes.clone();
    converse(peer, &[published(), half, abort, whole, command(0, &["deleteStream".into()])].concat()).await;
    assert_eq!(server.end().await.unwrap(), End::Unpublished);
    assert_eq!(notes.lock().unwrap().media.len(), 1);
}

#[tokio::test]
async fn commands_out_of_order_and_without_end_are_refused() {
    let nested =
        chunks(kind::COMMAND, 0, 0, [&body(&["connect".into()]), &[3, 0, 1, b'a'].repeat(10_000)[..]].concat());
    let long = chunks(kind::COMMAND, 0, 0, vec![5; 65_537]);
    for (sent, expected) in [
        (publish("key"), "publish before connect"),
        ([connect(), connect()].concat(), "connect for the second time"),
        (chunks(kind::VIDEO, 1, 0, video_config()), "media before publish"),
        (chunks(kind::AUDIO, 1, 0, audio_config()), "media before publish"),
        (command(0, &[1.0.into()]), "command without a name"),
        ([connect(), command(1, &["publish".into(), 1.0.into(), Value::Null])].concat(), "publish without a name"),
        (create_stream().repeat(17), "message streams"),
        (nested, "too deep"),
        (long, "bytes of a message"),
        (message(&Message::control(kind::SET_CHUNK_SIZE, vec![0; 3])), "cut off"),
        (message(&Message::control(kind::ABORT, vec![0; 3])), "cut off"),
        (message(&Message::control(kind::USER_CONTROL, vec![0])), "cut off"),
        (message(&Message::control(kind::USER_CONTROL, vec![0, 6, 0])), "cut off"),
        (chunks(kind::COMMAND, 0, 0, b"\x02\xff\xffx".to_vec()), "cut off"),
        (vec![0xc5], "not whole"),
        (vec![5, 0, 0, 0, 0, 1, 0, 20, 0, 0, 0, 0].into_iter().chain([0; 128]).chain([5; 12]).collect(), "within"),
    ] {
        let error = end(&[handshake(), sent].concat()).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error} instead of {expected}");
    }
}

#[tokio::test]
async fn malformed_media_ends_the_session() {
    let config = || chunks(kind::VIDEO, 1, 0, video_config());
    let frame = |unit: &[u8]| chunks(kind::VIDEO, 1, 0, video(true, 0, unit));
    for sent in [
        frame(&[0, 0, 0, 2, 1]),
        frame(&[0xff, 0xff, 0xff, 0xff, 1]),
        frame(&[0, 0, 0]),
        chunks(kind::VIDEO, 1, 0, b"\x17\0\0\0\0".to_vec()),
        chunks(kind::VIDEO, 1, 0, b"\x17\x01\0".to_vec()),
        chunks(kind::VIDEO, 1, 0, video_config().slice(..22)),
        chunks(kind::VIDEO, 1, 0, b"\x17\0\0\0\0\x01\x42\0\x1e\xff\xe0\0".to_vec()),
        chunks(kind::VIDEO, 1, 0, b"\x17\0\0\0\0\x01\x42\0\x1e\xfe\xe1\0\x01\x67\x01\0\x01\x68".to_vec()),
        chunks(kind::VIDEO, 1, 0, b"\x91av".to_vec()),
        chunks(kind::VIDEO, 1, 0, b"\x97\xff\xff\xff".to_vec()),
        chunks(kind::AUDIO, 1, 0, b"\xaf".to_vec()),
        chunks(kind::AUDIO, 1, 0, b"\xaf\0\x12".to_vec()),
        chunks(kind::AUDIO, 1, 0, b"\xaf\0\x16\x90".to_vec()),
    ] {
        let end = end(&[published(), config(), sent.clone()].concat()).await;
        assert!(matches!(end, Err(Error::Flv(_))), "{sent:?}: {end:?}");
    }
    let nested = chunks(kind::AGGREGATE, 1, 0, [&[22, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &[0; 4]].concat());
    assert!(matches!(end(&[published(), nested].concat()).await, Err(Error::Protocol(_))));
}

#[tokio::test]
async fn media_that_cannot_be_decoded_yet_is_left_out() {
    let (server, mut peer) = Server::start(Owner::default());
    let sent = [
        published(),
        chunks(kind::VIDEO, 1, 0, video(true, 0, &access_unit(9))),
        chunks(kind::AUDIO, 1, 0, audio(b"early")),
        chunks(kind::AUDIO, 1, 0, audio_config()),
        chunks(kind::AUDIO, 1, 0, audio(b"")),
        // The end of a sequence, and a command to the player.
        chunks(kind::VIDEO, 1, 0, b"\x17\x02\0\0\0".to_vec()),
        chunks(kind::VIDEO, 1, 0, b"\x57\0".to_vec()),
        chunks(kind::AUDIO, 1, 23, audio(b"heard")),
    ];
    peer.write_all(&sent.concat()).await.unwrap();
    until(&server.notes, |notes| notes.media.len() == 2).await;
    let notes = server.notes.clone();
    drop(peer);
    assert_eq!(server.end().await.unwrap(), End::Disconnected);
    assert_eq!(notes.lock().unwrap().media.len(), 2);
}
