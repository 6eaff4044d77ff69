//! Quotas of connections: slow readers, idle ones, old ones, and the end of everything.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and prints a figure"
)]

#[path = "kit/websocket.rs"]
mod kit;

use std::time::{Duration, Instant};

use aws_sdk_apigatewaymanagement::Client as Management;
use aws_sdk_apigatewaymanagement::error::ProvideErrorMetadata;
use aws_sdk_apigatewaymanagement::primitives::Blob;
use futures_util::StreamExt;
use kit::{Client, Gateway, TEMPLATE, ask, closed, hear, send, until};
use skylark_local::websocket::{MAX_BYTES, MAX_FRAMES, Options};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const GOING_AWAY: (u16, &str) = (1001, "Going away");

/// Posts `text`; the code of AWS's error when it is refused.
async fn post(management: &Management, id: &str, text: String) -> Result<(), String> {
    let posted = management.post_to_connection().connection_id(id).data(Blob::new(text)).send().await;
    posted.map(drop).map_err(|error| error.code().unwrap_or_default().to_owned())
}

/// Posts numbered kibibytes to a client that does not read until one is refused; answers how many were taken.
async fn fill(management: &Management, id: &str) -> usize {
    for number in 0.. {
        if let Err(code) = post(management, id, format!("{number:01024}")).await {
            assert_eq!(code, "LimitExceededException");
            return number;
        }
    }
    unreachable!("a buffer is bounded")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_pauses_loses_nothing_that_was_taken() {
    let gateway = Gateway::start(TEMPLATE, Options::default()).await;
    let management = gateway.connections(&gateway.secret_key());
    let (mut client, id) = gateway.named().await;
    let taken = fill(&management, &id).await;
    assert!(taken >= MAX_FRAMES);
    for number in 0..taken {
        assert_eq!(hear(&mut client).await, format!("{number:01024}"));
    }
    post(&management, &id, "again".to_owned()).await.unwrap();
    assert_eq!(hear(&mut client).await, "again");
    gateway.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_drain_in_time_is_cut() {
    let stall = Duration::from_millis(300);
    let gateway = Gateway::start(TEMPLATE, Options { stall, ..Options::default() }).await;
    let management = gateway.connections(&gateway.secret_key());
    let (client, id) = gateway.named().await;
    let before = Instant::now();
    let mut number = 0;
    // Refused at last because it is gone; before that, perhaps, because its buffer is full.
    let end = loop {
        match post(&management, &id, format!("{number:01024}")).await {
            Err(code) if code == "GoneException" => break code,
            Err(code) => assert_eq!(code, "LimitExceededException"),
            Ok(()) => number += 1,
        }
    };
    assert_eq!(end, "GoneException");
    assert!(before.elapsed() >= stall);
    assert_eq!(gateway.disconnection(&id).await, (1006, "Client does not read".to_owned()));
    drop(client);
    gateway.end().await;
}

/// Counts the frames of a client until `frames` have come, in order, and how long each was on its way.
async fn count(mut client: Client, frames: usize, start: Instant) -> (Client, Vec<Duration>) {
    let mut late = Vec::with_capacity(frames);
    for number in 0..frames {
        let text = hear(&mut client).await;
        let (its, sent) = text.split_once(' ').unwrap();
        assert_eq!(its.parse(), Ok(number));
        late.push(start.elapsed().saturating_sub(Duration::from_nanos(sent.trim_end().parse().unwrap())));
    }
    (client, late)
}

fn p99(mut late: Vec<Duration>) -> Duration {
    late.sort_unstable();
    late[late.len() * 99 / 100]
}

#[tokio::test(flavor = "multi_thread")]
async fn one_stalled_reader_among_200_does_not_slow_the_others() {
    const ROUNDS: usize = 10;
    let gateway = Gateway::start(TEMPLATE, Options::default()).await;
    let management = gateway.connections(&gateway.secret_key());
    let (stalled, stalled_id) = gateway.named().await;
    let start = Instant::now();
    let mut readers = Vec::new();
    let mut ids = Vec::new();
    for _ in 0..199 {
        let (client, id) = gateway.named().await;
        readers.push(tokio::spawn(count(client, ROUNDS, start)));
        ids.push(id);
    }
    let mut refusals = Vec::new();
    for round in 0..ROUNDS {
        // In the second half the stalled client gets so much that its buffer overflows.
        if round >= ROUNDS / 2 {
            for _ in 0..4 {
                refusals.extend(post(&management, &stalled_id, "x".repeat(MAX_BYTES / 8)).await.err());
            }
        }
        let posts = futures_util::stream::iter(&ids)
            .map(|id| post(&management, id, format!("{round} {:<200}", start.elapsed().as_nanos())))
            .buffer_unordered(16);
        let refused: Vec<String> = posts.filter_map(async |posted| posted.err()).collect().await;
        assert!(refused.is_empty(), "{refused:?}");
    }
    let (mut before, mut after) = (Vec::new(), Vec::new());
    let mut listeners = Vec::new();
    for reader in readers {
        let (client, late) = reader.await.unwrap();
        // Who leaves now would disturb those who still read.
        listeners.push(client);
        before.extend_from_slice(&late[..ROUNDS / 2]);
        after.extend_from_slice(&late[ROUNDS / 2..]);
    }
    eprintln!("199 readers: p99 {:?}, beside a stalled one {:?}", p99(before), p99(after));
    assert_eq!(refusals[0], "LimitExceededException", "a mebibyte waits");
    assert!(refusals[1..].iter().all(|code| code == "GoneException"), "{refusals:?}");
    assert_eq!(gateway.disconnection(&stalled_id).await, (1006, "Client does not read".to_owned()));
    assert_eq!(gateway.open().await, 199);
    drop(stalled);
    gateway.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_are_closed_and_busy_ones_are_not() {
    let gateway = Gateway::start(TEMPLATE, Options { idle: Duration::from_secs(1), ..Options::default() }).await;
    let management = gateway.connections(&gateway.secret_key());
    let (mut idle, idle_id) = gateway.named().await;
    let (mut talker, _) = gateway.named().await;
    let (mut listener, listener_id) = gateway.named().await;
    let end = closed(&mut idle);
    tokio::pin!(end);
    let end = loop {
        tokio::select! {
            end = &mut end => break end,
            () = tokio::time::sleep(Duration::from_millis(20)) => {}
        }
        assert_eq!(ask(&mut talker, "x").await, "x");
        post(&management, &listener_id, "y".to_owned()).await.unwrap();
        assert_eq!(hear(&mut listener).await, "y");
    };
    assert_eq!(end.as_ref().map(|(code, reason)| (*code, reason.as_str())), Some(GOING_AWAY));
    assert_eq!(gateway.disconnection(&idle_id).await, (1001, "Going away".to_owned()));
    assert_eq!(ask(&mut talker, "still here").await, "still here");
    gateway.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_connection_is_closed_however_busy() {
    let life = Duration::from_millis(700);
    let gateway = Gateway::start(TEMPLATE, Options { life, ..Options::default() }).await;
    let before = Instant::now();
    let mut client = gateway.connect().await;
    let busy = async {
        loop {
            send(&mut client, "x").await;
            match client.next().await.unwrap().unwrap() {
                tokio_tungstenite::tungstenite::Message::Close(frame) => break frame.unwrap(),
                answer => assert_eq!(answer.into_text().unwrap().as_str(), "x"),
            }
        }
    };
    let end = tokio::time::timeout(Duration::from_secs(20), busy).await.unwrap();
    assert_eq!((u16::from(end.code), end.reason.as_str()), GOING_AWAY);
    assert!(before.elapsed() >= life);
    gateway.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_the_stack_says_goodbye() {
    let gateway = Gateway::start(TEMPLATE, Options::default()).await;
    let mut clients = Vec::new();
    for _ in 0..5 {
        clients.push(gateway.connect().await);
    }
    gateway.end().await;
    for mut client in clients {
        let end = closed(&mut client).await;
        assert_eq!(end.as_ref().map(|(code, reason)| (*code, reason.as_str())), Some(GOING_AWAY));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_a_connection_are_answered_one_after_another() {
    let gateway = Gateway::start(TEMPLATE, Options::default()).await;
    let (mut client, id) = gateway.named().await;
    let gate = gateway.dir.path().join("gate");
    let held = serde_json::json!({ "type": "ECHO", "reply": "first", "wait_for": gate });
    send(&mut client, &held.to_string()).await;
    send(&mut client, r#"{"type":"ECHO","reply":"second"}"#).await;
    gateway.event("the first message", |event| event["requestContext"]["routeKey"] == "ECHO").await;
    // What functions send does not wait for it.
    let management = gateway.connections(&gateway.secret_key());
    post(&management, &id, "from elsewhere".to_owned()).await.unwrap();
    assert_eq!(hear(&mut client).await, "from elsewhere");
    let messages = gateway.events().iter().filter(|event| event["requestContext"]["routeKey"] == "ECHO").count();
    assert_eq!(messages, 1, "the second one waits");
    std::fs::write(&gate, "").unwrap();
    assert_eq!(hear(&mut client).await, "first");
    assert_eq!(hear(&mut client).await, "second");
    gateway.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_never_answers_a_close_is_left() {
    let gateway = Gateway::start(TEMPLATE, Options { idle: Duration::from_millis(50), ..Options::default() }).await;
    let mut socket = TcpStream::connect(gateway.authority()).await.unwrap();
    socket.write_all(handshake(gateway.authority(), &[]).as_bytes()).await.unwrap();
    let mut heard = Vec::new();
    let end = tokio::time::timeout(Duration::from_secs(20), socket.read_to_end(&mut heard)).await;
    end.expect("the socket stays open").unwrap();
    assert!(heard.ends_with(b"\x88\x0c\x03\xe9Going away"), "{}", String::from_utf8_lossy(&heard));
    until("the end", async || gateway.open().await == 0).await;
    gateway.end().await;
}

/// A handshake with some headers replaced; without a value they are left out.
fn handshake(authority: &str, replaced: &[(&str, Option<&str>)]) -> String {
    let mut headers = vec![
        ("Host", Some(authority)),
        ("Upgrade", Some("websocket")),
        ("Connection", Some("keep-alive, Upgrade")),
        ("Sec-WebSocket-Version", Some("13")),
        ("Sec-WebSocket-Key", Some("dGhlIHNhbXBsZSBub25jZQ==")),
    ];
    for (name, value) in replaced {
        headers.retain(|(kept, _)| kept != name);
        headers.push((name, *value));
    }
    let lines = headers.iter().filter_map(|(name, value)| Some(format!("{name}: {}\r\n", value.as_ref()?)));
    format!("GET /ws HTTP/1.1\r\n{}\r\n", lines.collect::<String>())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_is_checked_as_the_rfc_asks() {
    let gateway = Gateway::start(TEMPLATE, Options::default()).await;
    let ask = async |request: String| {
        let mut socket = TcpStream::connect(gateway.authority()).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        socket.read_exact(&mut answer).await.unwrap();
        std::str::from_utf8(&answer[9..]).unwrap().parse::<u16>().unwrap()
    };
    let plain = handshake(gateway.authority(), &[]);
    assert_eq!(ask(plain.clone()).await, 101);
    for (name, value, status) in [
        ("Upgrade", None, 426),
        ("Upgrade", Some("h2c"), 426),
        ("Connection", None, 426),
        ("Connection", Some("keep-alive"), 426),
        ("Sec-WebSocket-Version", None, 400),
        ("Sec-WebSocket-Version", Some("8"), 426),
        ("Sec-WebSocket-Version", Some("13, 8"), 426),
        ("Sec-WebSocket-Key", None, 400),
        ("Sec-WebSocket-Key", Some(""), 400),
        ("Sec-WebSocket-Key", Some("dGhlIHNhbXBsZQ=="), 400),
        ("Sec-WebSocket-Key", Some("not base64 at all"), 400),
        ("Host", None, 421),
        ("Origin", Some("http://evil.com"), 403),
        ("Cookie", Some(&"x".repeat(12_000)), 431),
    ] {
        let request = handshake(gateway.authority(), &[(name, value)]);
        assert_eq!(ask(request).await, status, "{name}: {value:?}");
    }
    let twice =
        plain.replace("Sec-WebSocket-Key: ", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key: ");
    assert_eq!(ask(twice).await, 400);
    assert_eq!(ask(plain.replace("GET", "POST")).await, 426);
    assert_eq!(ask(plain.replace("HTTP/1.1", "HTTP/1.0")).await, 400);
    assert_eq!(gateway.events().iter().filter(|event| event["requestContext"]["eventType"] == "CONNECT").count(), 1);
    gateway.end().await;
}
