use std::time::Duration;

use rml_rtmp::messages::RtmpMessage;
use rml_rtmp::rml_amf0::Amf0Value;
use rml_rtmp::sessions::ClientSessionEvent;
use skylark_rtmp::amf0::Value;
use skylark_rtmp::message::kind;
use skylark_rtmp::{End, Refusal};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

use crate::encoder::Encoder;
use crate::kit::{Owner, Server, chunks, command, converse, field, messages, published, statuses, text, until};
use crate::media::video_config;

fn refusing(refusal: Refusal) -> Owner {
    Owner { refuses: Some(refusal), ..Owner::default() }
}

#[tokio::test]
async fn every_refusal_is_told_with_its_status_before_the_end() {
    let text = || "Because.".to_owned();
    for (refusal, code) in [
        (Refusal::BadName(text()), "NetStream.Publish.BadName"),
        (Refusal::Denied(text()), "NetStream.Publish.Denied"),
        (Refusal::Unsupported(text()), "NetStream.Publish.Rejected"),
        (Refusal::Busy(text()), "NetStream.Publish.Rejected"),
        (Refusal::Ended(text()), "NetConnection.Connect.Closed"),
    ] {
        let (server, peer) = Server::start(refusing(refusal.clone()));
        let heard = converse(peer, &published()).await;
        assert_eq!(statuses(&heard), [("error".to_owned(), code.to_owned(), text())]);
        assert_eq!(server.end().await.unwrap(), End::Refused(refusal));
    }
}

#[tokio::test]
async fn a_redirect_names_the_address() {
    let address = "rtmp://elsewhere/live".to_owned();
    let (server, peer) = Server::start(refusing(Refusal::Redirect(address.clone())));
    let heard = converse(peer, &published()).await;
    let Some(RtmpMessage::Amf0Command { command_name, additional_arguments, .. }) = messages(&heard).pop() else {
        panic!("no command")
    };
    assert_eq!(command_name, "onStatus");
    assert_eq!(text(&additional_arguments[0], "code"), "NetConnection.Connect.Rejected");
    let redirect = field(&additional_arguments[0], "ex").unwrap();
    assert_eq!(field(&redirect, "code"), Some(Amf0Value::Number(302.0)));
    assert_eq!(text(&redirect, "redirect"), address);
    assert_eq!(server.end().await.unwrap(), End::Refused(Refusal::Redirect(address)));
}

#[tokio::test]
async fn a_foreign_encoder_understands_a_refusal() {
    let (server, transport) = Server::start(refusing(Refusal::BadName("No.".to_owned())));
    let mut encoder = Encoder::connect(transport).await;
    let code = "NetStream.Publish.BadName".to_owned();
    assert_eq!(encoder.publish("key").await, Some(ClientSessionEvent::UnhandleableOnStatusCode { code }));
    assert_eq!(encoder.event().await, None);
    drop(encoder);
    assert_eq!(server.end().await.unwrap(), End::Refused(Refusal::BadName("No.".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn a_refused_peer_that_does_not_close_is_left_after_a_second() {
    let (server, mut peer) = Server::start(refusing(Refusal::Denied("No.".to_owned())));
    let start = Instant::now();
    peer.write_all(&published()).await.unwrap();
    let mut heard = Vec::new();
    peer.read_to_end(&mut heard).await.unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert!(matches!(server.end().await, Ok(End::Refused(_))));
    assert_eq!(start.elapsed(), Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_refused_peer_that_reads_nothing_is_left_after_a_second() {
    // Longer than the pipe: the last words do not fit.
    let (server, mut peer) = Server::start(refusing(Refusal::Denied("No. ".repeat(100_000))));
    let start = Instant::now();
    peer.write_all(&published()).await.unwrap();
    assert!(matches!(server.end().await, Ok(End::Refused(_))));
    assert_eq!(start.elapsed(), Duration::from_secs(1));
}

#[tokio::test]
async fn an_owner_that_refuses_media_ends_the_session() {
    let (server, peer) = Server::start(Owner { patience: Some(1), ..Owner::default() });
    let sent = [published(), chunks(kind::VIDEO, 1, 0, video_config())].concat();
    let heard = converse(peer, &sent).await;
    let codes: Vec<_> = statuses(&heard).into_iter().map(|(_, code, _)| code).collect();
    assert_eq!(codes, ["NetStream.Publish.Start", "NetStream.Publish.Denied"]);
    assert_eq!(server.end().await.unwrap(), End::Refused(Refusal::Denied("Too much.".to_owned())));
}

#[tokio::test]
async fn a_codec_that_is_not_served_is_named() {
    for (kind, body, codec) in [
        (kind::VIDEO, &b"\x90hvc1"[..], "hvc1"),
        (kind::VIDEO, b"\x91av01\0\0\0", "av01"),
        (kind::VIDEO, b"\x90vp09", "vp09"),
        (kind::VIDEO, b"\x96\x10avc1", "multitrack video"),
        (kind::VIDEO, b"\x22x", "Sorenson H.263"),
        (kind::VIDEO, b"\x1c\0\0\0\0", "HEVC"),
        (kind::AUDIO, b"\x2fx", "MP3"),
        (kind::AUDIO, b"\x90Opus", "Opus"),
        (kind::AUDIO, b"\xaf\0\x0a\x10", "AAC object type 1"),
        (kind::VIDEO, b"\x90\xff\0\"\n", "\\xff\\x00\\\"\\n"),
    ] {
        let (server, peer) = Server::start(Owner::default());
        let heard = converse(peer, &[published(), chunks(kind, 1, 0, body.to_vec())].concat()).await;
        let (level, code, description) = statuses(&heard).pop().unwrap();
        assert_eq!((level.as_str(), code.as_str()), ("error", "NetStream.Publish.Rejected"));
        assert!(description.starts_with(codec), "{description}");
        assert_eq!(server.end().await.unwrap(), End::Refused(Refusal::Unsupported(description)));
    }
}

#[tokio::test]
async fn the_owner_stops_a_publisher_with_a_reason() {
    let (server, mut peer) = Server::start(Owner::default());
    peer.write_all(&published()).await.unwrap();
    until(&server.notes, |notes| notes.requests.len() == 1).await;
    let (heard, end) = server.stop(peer, Refusal::Ended("The stream was stopped.".to_owned())).await;
    let (level, code, description) = statuses(&heard).pop().unwrap();
    assert_eq!((level.as_str(), code.as_str()), ("error", "NetConnection.Connect.Closed"));
    assert_eq!(description, "The stream was stopped.");
    assert_eq!(end.unwrap(), End::Stopped);
}

#[tokio::test]
async fn the_owner_stops_while_it_decides() {
    let (server, mut peer) = Server::start(Owner { hesitates: true, ..Owner::default() });
    peer.write_all(&published()).await.unwrap();
    until(&server.notes, |notes| notes.requests.len() == 1).await;
    let (heard, end) = server.stop(peer, Refusal::Busy("Full.".to_owned())).await;
    assert_eq!(statuses(&heard).len(), 1);
    assert_eq!(end.unwrap(), End::Stopped);
}

#[tokio::test]
async fn playing_is_refused_and_publishing_still_possible() {
    let (server, peer) = Server::start(refusing(Refusal::Denied("No.".to_owned())));
    let play = command(1, &["play".into(), 0.0.into(), Value::Null, "key".into()]);
    let mut sent = published();
    let publish = sent.split_off(sent.len() - crate::kit::publish("key").len());
    let heard = converse(peer, &[sent, play, publish].concat()).await;
    let codes: Vec<_> = statuses(&heard).into_iter().map(|(_, code, _)| code).collect();
    assert_eq!(codes, ["NetStream.Play.Failed", "NetStream.Publish.Denied"]);
    assert!(matches!(server.end().await, Ok(End::Refused(_))));
}
