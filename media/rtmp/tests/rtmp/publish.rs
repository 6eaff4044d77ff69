use std::io::Result;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use rml_rtmp::messages::RtmpMessage;
use rml_rtmp::sessions::{ClientSessionEvent, StreamMetadata};
use skylark_rtmp::amf0::Value;
use skylark_rtmp::message::kind;
use skylark_rtmp::{End, Limits, Media, Metadata, Transport, serve};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex};
use tokio::time::sleep;

use crate::encoder::Encoder;
use crate::kit::{
    Owner, Server, body, chunks, command, connect, converse, handshake, messages, publish, published, statuses, until,
};
use crate::media::{
    AAC_CONFIG, AVC_CONFIG, access_unit, audio, audio_config, audio_frame, video, video_config, video_frame,
};

#[tokio::test]
async fn a_foreign_encoder_publishes_from_handshake_to_unpublish() {
    let (server, transport) = Server::start(Owner::default());
    let mut encoder = Encoder::connect(transport).await;
    assert_eq!(encoder.publish("sk_1?token=t").await, Some(ClientSessionEvent::PublishRequestAccepted));
    let mut metadata = StreamMetadata::new();
    metadata.video_width = Some(640);
    metadata.video_height = Some(360);
    metadata.video_frame_rate = Some(25.0);
    metadata.encoder = Some("rml".to_owned());
    encoder.metadata(&metadata).await;
    encoder.video(0, video_config()).await;
    encoder.audio(0, audio_config()).await;
    encoder.video(0, video(true, 80, &access_unit(100_000))).await;
    encoder.audio(10, audio(b"sound")).await;
    encoder.video(40, video(false, -40, &access_unit(5))).await;
    encoder.audio(33, audio(b"more")).await;
    encoder.unpublish().await;

    let notes = server.notes.clone();
    assert_eq!(server.end().await.unwrap(), End::Unpublished);
    let notes = notes.lock().unwrap();
    let request = &notes.requests[0];
    assert_eq!((request.app.as_str(), request.name.as_str()), ("live", "sk_1"));
    assert_eq!(request.parameter("token"), Some("t"));
    assert_eq!(request.tc_url.as_deref(), Some("rtmp://127.0.0.1/live"));
    assert_eq!(request.encoder.as_deref(), Some("WIN 23,0,0,207"));
    let expected = [
        Media::Metadata(Metadata {
            width: Some(640),
            height: Some(360),
            framerate: Some(25.0),
            encoder: Some("rml".to_owned()),
            ..Metadata::default()
        }),
        Media::VideoConfig(AVC_CONFIG.into()),
        Media::AudioConfig(AAC_CONFIG.into()),
        video_frame(0, 80, true, access_unit(100_000)),
        audio_frame(10, b"sound"),
        video_frame(40, -40, false, access_unit(5)),
        audio_frame(33, b"more"),
    ];
    assert_eq!(notes.media, expected);
    assert!(notes.received > 100_000 && notes.received < 110_000, "{}", notes.received);
}

#[tokio::test]
async fn times_go_on_across_24_and_32_bits() {
    let (server, transport) = Server::start(Owner::default());
    let mut encoder = Encoder::connect(transport).await;
    encoder.publish("key").await;
    let day = (1 << 24) - 40;
    let wrap = u32::MAX - 39;
    let times = [day, day + 40, day + 80, day + 120, 1 << 31, wrap, u32::MAX, 0, 40];
    encoder.video(times[0], video_config()).await;
    for time in times {
        // Several chunks each, so that those that continue repeat the extended time.
        encoder.video(time, video(false, 0, &access_unit(20_000))).await;
    }
    until(&server.notes, |notes| notes.media.len() == 1 + times.len()).await;
    drop(encoder);
    let notes = server.notes.clone();
    assert_eq!(server.end().await.unwrap(), End::Disconnected);
    let seen: Vec<i64> = notes.lock().unwrap().media[1..]
        .iter()
        .map(|media| match media {
            Media::Video { dts_ms, .. } => *dts_ms,
            other => panic!("{other:?}"),
        })
        .collect();
    let expected: Vec<i64> =
        times.iter().enumerate().map(|(index, time)| i64::from(*time) + if index < 7 { 0 } else { 1 << 32 }).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn an_encoder_hears_acknowledgements_and_pings() {
    let (server, transport) = Server::start(Owner::default());
    let mut encoder = Encoder::connect(transport).await;
    encoder.publish("key").await;
    encoder.ping().await;
    assert!(matches!(encoder.event().await, Some(ClientSessionEvent::PingResponseReceived { .. })));
    encoder.video(0, video_config()).await;
    for time in 0..3 {
        encoder.video(time, video(false, 0, &access_unit(1_000_000))).await;
    }
    let Some(ClientSessionEvent::AcknowledgementReceived { bytes_received }) = encoder.event().await else {
        panic!("no acknowledgement")
    };
    assert!((2_500_000..2_600_000).contains(&bytes_received), "{bytes_received}");
    drop(encoder);
    assert_eq!(server.end().await.unwrap(), End::Disconnected);
}

/// Frames as they are, and within one aggregate, in the old form and in the one with a FourCC.
#[tokio::test]
async fn aggregates_enhanced_tags_and_amf3_commands_are_taken() {
    let tag = |kind: u8, time: u8, body: &[u8]| {
        let length = body.len() as u8;
        [&[kind, 0, 0, length, 0, 0, time, 0, 0, 0, 0], body, &[0, 0, 0, length + 11]].concat()
    };
    let unit = access_unit(3);
    let aggregate = [
        tag(kind::VIDEO, 7, &[b"\x90avc1", AVC_CONFIG].concat()),
        tag(kind::AUDIO, 7, &[b"\x90mp4a", AAC_CONFIG].concat()),
        tag(kind::VIDEO, 7, &[b"\x91avc1\0\0\x28", &unit[..]].concat()),
        tag(kind::AUDIO, 17, b"\x91mp4asound"),
        tag(kind::VIDEO, 47, &[b"\xa3avc1", &unit[..]].concat()),
        // An extension of one byte and of 257 stand before the packet's type.
        tag(kind::VIDEO, 87, &[&b"\xa7\x00x\x03avc1"[..], &unit].concat()),
        tag(kind::VIDEO, 127, b"\xa2avc1"),
    ];
    let long_extension = [&b"\xa7\xff\x01\x00"[..], &[9; 257], b"\x03avc1", &unit].concat();
    let amf3 = |values: &[Value]| chunks(kind::COMMAND_AMF3, 1, 0, [&[0], &body(values)[..]].concat());
    let sent = [
        handshake(),
        connect(),
        amf3(&["createStream".into(), 2.0.into(), Value::Null]),
        amf3(&["publish".into(), 3.0.into(), Value::Null, "key".into()]),
        chunks(kind::AGGREGATE, 1, 1_000, aggregate.concat()),
        chunks(kind::VIDEO, 1, 1_120, long_extension),
        amf3(&["FCUnpublish".into(), 4.0.into(), Value::Null, "key".into()]),
    ];
    let (server, peer) = Server::start(Owner::default());
    let notes = server.notes.clone();
    converse(peer, &sent.concat()).await;
    assert_eq!(server.end().await.unwrap(), End::Unpublished);
    let expected = [
        Media::VideoConfig(AVC_CONFIG.into()),
        Media::AudioConfig(AAC_CONFIG.into()),
        video_frame(1_000, 40, true, unit.clone()),
        audio_frame(1_010, b"sound"),
        video_frame(1_040, 0, false, unit.clone()),
        video_frame(1_080, 0, false, unit.clone()),
        video_frame(1_120, 0, false, unit),
    ];
    assert_eq!(notes.lock().unwrap().media, expected);
}

#[tokio::test]
async fn commands_are_answered_in_order() {
    let sent = [
        handshake(),
        connect(),
        command(0, &["releaseStream".into(), 2.0.into(), Value::Null, "key".into()]),
        command(0, &["FCPublish".into(), 3.0.into(), Value::Null, "key".into()]),
        command(0, &["createStream".into(), 4.0.into(), Value::Null]),
        command(0, &["_checkbw".into(), 5.0.into(), Value::Null]),
        command(0, &["getStreamLength".into(), 6.0.into(), Value::Null, "key".into()]),
        command(0, &["whatever".into(), 7.0.into(), Value::Null]),
        command(0, &["whatever".into(), 0.0.into(), Value::Null]),
        publish("key"),
        command(1, &["deleteStream".into(), 8.0.into(), Value::Null, 1.0.into()]),
    ];
    let (server, peer) = Server::start(Owner::default());
    let heard = converse(peer, &sent.concat()).await;
    assert_eq!(server.end().await.unwrap(), End::Unpublished);
    let answers: Vec<(String, f64)> = messages(&heard)
        .into_iter()
        .filter_map(|message| match message {
            RtmpMessage::Amf0Command { command_name, transaction_id, .. } => Some((command_name, transaction_id)),
            _ => None,
        })
        .collect();
    let expected = [
        ("_result", 1.0),
        ("_result", 2.0),
        ("_result", 3.0),
        ("onFCPublish", 0.0),
        ("_result", 4.0),
        ("_result", 5.0),
        ("_result", 6.0),
        ("_error", 7.0),
        ("onStatus", 0.0),
        ("onStatus", 0.0),
    ];
    assert_eq!(answers, expected.map(|(name, transaction)| (name.to_owned(), transaction)));
    let codes: Vec<_> = statuses(&heard).into_iter().map(|(_, code, _)| code).collect();
    assert_eq!(codes, ["NetStream.Publish.Start", "NetStream.Unpublish.Success"]);
}

/// A pipe that notes the marks it is given.
struct Marked {
    pipe: DuplexStream,
    marks: Arc<Mutex<Vec<usize>>>,
}

impl Transport for Marked {
    fn set_receive_low_water(&self, bytes: usize) {
        self.marks.lock().unwrap().push(bytes);
    }
}

impl AsyncRead for Marked {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.pipe).poll_read(context, buffer)
    }
}

impl AsyncWrite for Marked {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        Pin::new(&mut self.pipe).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.pipe).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.pipe).poll_shutdown(context)
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_waits_for_40_ms_of_a_published_stream() {
    let (ours, mut peer) = duplex(64 * 1024);
    let marks = Arc::new(Mutex::new(Vec::new()));
    let marked = Marked { pipe: ours, marks: marks.clone() };
    let serving =
        tokio::spawn(
            async move { serve(marked, &mut Owner::default(), &Limits::default(), std::future::pending()).await },
        );
    peer.write_all(&published()).await.unwrap();
    for _ in 0..5 * 50 {
        peer.write_all(&chunks(kind::DATA, 1, 0, vec![5; 2_500])).await.unwrap();
        sleep(Duration::from_millis(20)).await;
    }
    drop(peer);
    assert_eq!(serving.await.unwrap().unwrap(), End::Disconnected);
    let marks = marks.lock().unwrap();
    assert!(matches!(marks[..], [mark] if (5_000..5_500).contains(&mark)), "{marks:?}");
}
