//! Raw frames of RFC 6455 against the gateway: what a client may send and what ends the connection, byte by byte.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "kit/websocket.rs"]
mod kit;

use std::time::Duration;

use kit::{Gateway, TEMPLATE, until};
use skylark_local::websocket::{MAX_FRAME, MAX_MESSAGE, Options};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const FIN: u8 = 0x80;
const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xa;
const MASK: [u8; 4] = [0xa1, 0x5c, 0x00, 0xff];

/// A client's frame.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(first, payload.len());
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// The first byte and the length of a masked frame.
fn header(first: u8, length: usize) -> Vec<u8> {
    match length {
        0..=125 => vec![first, 0x80 | length as u8],
        126..=65_535 => [&[first, 0x80 | 126], &(length as u16).to_be_bytes()[..]].concat(),
        _ => [&[first, 0x80 | 127], &(length as u64).to_be_bytes()[..]].concat(),
    }
}

fn close(code: u16, reason: &[u8]) -> Vec<u8> {
    frame(FIN | CLOSE, &[&code.to_be_bytes()[..], reason].concat())
}

/// What the server says: opcode and payload. A close frame ends a case; a case that names none is ended by the test.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Text(Vec<u8>),
    Pong(Vec<u8>),
    Closed(u16),
    ClosedWithout,
}

struct Case {
    name: &'static str,
    sent: Vec<u8>,
    said: Vec<Said>,
}

fn case(name: &'static str, frames: &[Vec<u8>], said: Vec<Said>) -> Case {
    Case { name, sent: frames.concat(), said }
}

/// The function says back what it hears: texts as they are, bytes in base64.
fn text(text: &str) -> Said {
    Said::Text(text.as_bytes().to_vec())
}

fn messages() -> Vec<Case> {
    let letters = |count: usize| "x".repeat(count);
    let whole = |length: usize| frame(FIN | TEXT, letters(length).as_bytes());
    let smile = "\u{1f600}".as_bytes();
    let quarter = letters(MAX_FRAME);
    vec![
        case("an empty text is answered with nothing", &[frame(FIN | TEXT, b""), whole(1)], vec![text("x")]),
        case("a text of 125 bytes", &[whole(125)], vec![text(&letters(125))]),
        case("a text of 126 bytes", &[whole(126)], vec![text(&letters(126))]),
        case("a text of 127 bytes", &[whole(127)], vec![text(&letters(127))]),
        case("a text of 32 KiB", &[whole(MAX_FRAME)], vec![text(&quarter)]),
        case("a text with letters of four bytes", &[frame(FIN | TEXT, smile)], vec![text("\u{1f600}")]),
        case("a text with NUL", &[frame(FIN | TEXT, b"a\0b")], vec![text("a\0b")]),
        case("a text with the last code point", &[frame(FIN | TEXT, b"\xf4\x8f\xbf\xbf")], vec![text("\u{10ffff}")]),
        case("bytes", &[frame(FIN | BINARY, b"\xff\x00")], vec![text("/wA=")]),
        case("no bytes", &[frame(FIN | BINARY, b""), whole(1)], vec![text("x")]),
        case("two texts at once", &[whole(2), whole(3)], vec![text("xx"), text("xxx")]),
        case(
            "a text in two fragments",
            &[frame(TEXT, b"one "), frame(FIN | CONTINUATION, b"two")],
            vec![text("one two")],
        ),
        case(
            "a text in fragments that are empty",
            &[frame(TEXT, b""), frame(CONTINUATION, b""), frame(FIN | CONTINUATION, b"x")],
            vec![text("x")],
        ),
        case(
            "bytes in two fragments",
            &[frame(BINARY, b"\xff"), frame(FIN | CONTINUATION, b"\x00")],
            vec![text("/wA=")],
        ),
        case(
            "a letter cut by a fragment's end",
            &[frame(TEXT, &smile[..1]), frame(CONTINUATION, &smile[1..3]), frame(FIN | CONTINUATION, &smile[3..])],
            vec![text("\u{1f600}")],
        ),
        case(
            "a message of 128 KiB in four fragments",
            &[
                frame(TEXT, quarter.as_bytes()),
                frame(CONTINUATION, quarter.as_bytes()),
                frame(CONTINUATION, quarter.as_bytes()),
                frame(FIN | CONTINUATION, quarter.as_bytes()),
            ],
            vec![text(&letters(MAX_MESSAGE))],
        ),
        case("a mask of zeros", &[vec![FIN | TEXT, 0x81, 0, 0, 0, 0, b'x']], vec![text("x")]),
    ]
}

fn control_frames() -> Vec<Case> {
    let longest = [b'p'; 125];
    vec![
        case("a ping", &[frame(FIN | PING, b"")], vec![Said::Pong(Vec::new())]),
        case("a ping with a body", &[frame(FIN | PING, b"body")], vec![Said::Pong(b"body".to_vec())]),
        case("a ping of 125 bytes", &[frame(FIN | PING, &longest)], vec![Said::Pong(longest.to_vec())]),
        case("a ping that is no text", &[frame(FIN | PING, b"\xff")], vec![Said::Pong(b"\xff".to_vec())]),
        case(
            "ten pings are answered in order",
            &(0..10).map(|number| frame(FIN | PING, &[number])).collect::<Vec<_>>(),
            (0..10).map(|number| Said::Pong(vec![number])).collect(),
        ),
        case(
            "a pong nobody asked for",
            &[frame(FIN | PONG, b"x"), frame(FIN | PING, b"y")],
            vec![Said::Pong(b"y".to_vec())],
        ),
        case(
            "a ping between fragments",
            &[frame(TEXT, b"one "), frame(FIN | PING, b"p"), frame(FIN | CONTINUATION, b"two")],
            vec![Said::Pong(b"p".to_vec()), text("one two")],
        ),
        case("a ping that is fragmented", &[frame(PING, b"p")], vec![Said::Closed(1002)]),
        case("a pong that is fragmented", &[frame(PONG, b"p")], vec![Said::Closed(1002)]),
        case("a close that is fragmented", &[frame(CLOSE, b"\x03\xe8")], vec![Said::Closed(1002)]),
        case("a ping of 126 bytes", &[frame(FIN | PING, &[b'p'; 126])], vec![Said::Closed(1002)]),
        case("a ping of 64 KiB", &[header(FIN | PING, 65_536)], vec![Said::Closed(1002)]),
        case("a close of 126 bytes", &[close(1000, &[b'r'; 124])], vec![Said::Closed(1002)]),
    ]
}

fn closes() -> Vec<Case> {
    let mut cases = vec![
        case("a close without a body", &[frame(FIN | CLOSE, b"")], vec![Said::ClosedWithout]),
        case("a close with half a code", &[frame(FIN | CLOSE, b"\x03")], vec![Said::Closed(1002)]),
        case("a close with the longest reason", &[close(1000, &[b'r'; 123])], vec![Said::Closed(1000)]),
        case("a close whose reason is no text", &[close(1000, b"\xff\xfe")], vec![Said::Closed(1007)]),
        case("a close in the middle of a message", &[frame(TEXT, b"one"), close(1001, b"")], vec![Said::Closed(1001)]),
        case(
            "what comes after a close is not heard",
            &[close(1000, b""), frame(FIN | PING, b"x"), frame(FIN | TEXT, b"y")],
            vec![Said::Closed(1000)],
        ),
        case("two closes", &[close(1000, b""), close(1001, b"")], vec![Said::Closed(1000)]),
        case(
            "a close behind a message",
            &[frame(FIN | PING, b"x"), close(1000, b"")],
            vec![Said::Pong(b"x".to_vec()), Said::Closed(1000)],
        ),
    ];
    let mut codes = |name: &'static str, codes: &[u16], answer: fn(u16) -> u16| {
        cases.extend(codes.iter().map(|code| case(name, &[close(*code, b"")], vec![Said::Closed(answer(*code))])));
    };
    codes("a code that is for the wire comes back", &[1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011], |code| code);
    codes("a code of applications comes back", &[3000, 3999, 4000, 4999], |code| code);
    codes("a reserved code", &[0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535], |_| 1002);
    cases
}

fn violations() -> Vec<Case> {
    let first = |name, byte: u8| case(name, &[frame(byte, b"")], vec![Said::Closed(1002)]);
    vec![
        first("the first reserved bit", FIN | 0x40 | TEXT),
        first("the second reserved bit", FIN | 0x20 | TEXT),
        first("the third reserved bit", FIN | 0x10 | TEXT),
        first("all reserved bits of a ping", FIN | 0x70 | PING),
        first("reserved opcode 3", FIN | 0x3),
        first("reserved opcode 7", FIN | 0x7),
        first("reserved opcode 11", FIN | 0xb),
        first("reserved opcode 15", FIN | 0xf),
        first("a continuation of nothing", CONTINUATION),
        first("a last continuation of nothing", FIN | CONTINUATION),
        case(
            "a continuation after a whole message",
            &[frame(FIN | PING, b""), frame(FIN | CONTINUATION, b"x")],
            vec![Said::Pong(Vec::new()), Said::Closed(1002)],
        ),
        case("a text within a text", &[frame(TEXT, b"a"), frame(FIN | TEXT, b"b")], vec![Said::Closed(1002)]),
        case("bytes within a text", &[frame(TEXT, b"a"), frame(BINARY, b"b")], vec![Said::Closed(1002)]),
        case("a text that is not masked", &[vec![FIN | TEXT, 1, b'x']], vec![Said::Closed(1002)]),
        case("a ping that is not masked", &[vec![FIN | PING, 0]], vec![Said::Closed(1002)]),
        case("a close that is not masked", &[vec![FIN | CLOSE, 2, 3, 0xe8]], vec![Said::Closed(1002)]),
        case("a short length in two bytes", &[vec![FIN | TEXT, 0xfe, 0, 125], MASK.to_vec()], vec![Said::Closed(1002)]),
        case(
            "a short length in eight bytes",
            &[vec![FIN | TEXT, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff], MASK.to_vec()],
            vec![Said::Closed(1002)],
        ),
        case(
            "a length with its highest bit set",
            &[vec![FIN | TEXT, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0], MASK.to_vec()],
            vec![Said::Closed(1002)],
        ),
        case("a request instead of a frame", &[b"GET / HTTP/1.1\r\n\r\n".to_vec()], vec![Said::Closed(1002)]),
    ]
}

fn texts_that_are_none() -> Vec<Case> {
    let one = |name, bytes: &[u8]| case(name, &[frame(FIN | TEXT, bytes)], vec![Said::Closed(1007)]);
    vec![
        one("a lone continuation byte", b"\x80"),
        one("a letter that is cut off", b"\xf0\x9f\x98"),
        one("an overlong slash", b"\xc0\xaf"),
        one("an overlong NUL of three bytes", b"\xe0\x80\x80"),
        one("half of a surrogate pair", b"\xed\xa0\x80"),
        one("a code point above the last", b"\xf4\x90\x80\x80"),
        one("a byte that never stands in a text", b"fine \xff"),
        case(
            "the first bad fragment ends it, not the last",
            &[frame(TEXT, b"\xce\xba\xe1\xbd"), frame(CONTINUATION, b"\xc3")],
            vec![Said::Closed(1007)],
        ),
        case(
            "a letter that is never finished",
            &[frame(TEXT, b"\xf0\x9f"), frame(FIN | CONTINUATION, b"")],
            vec![Said::Closed(1007)],
        ),
    ]
}

fn quotas() -> Vec<Case> {
    let full = vec![b'x'; MAX_FRAME];
    vec![
        // The header alone is enough: nobody waits for what is declared.
        case("a frame above 32 KiB", &[header(FIN | TEXT, MAX_FRAME + 1)], vec![Said::Closed(1009)]),
        case("a frame of 1 GiB", &[header(FIN | BINARY, 1 << 30)], vec![Said::Closed(1009)]),
        case("a frame of 4 EiB", &[header(FIN | BINARY, 1 << 62)], vec![Said::Closed(1009)]),
        case("a first fragment above 32 KiB", &[header(TEXT, MAX_FRAME + 1)], vec![Said::Closed(1009)]),
        case(
            "a message above 128 KiB",
            &[
                frame(BINARY, &full),
                frame(CONTINUATION, &full),
                frame(CONTINUATION, &full),
                frame(CONTINUATION, &full),
                [header(FIN | CONTINUATION, 1), MASK.to_vec()].concat(),
            ],
            vec![Said::Closed(1009)],
        ),
    ]
}

/// A handshake without the `tungstenite` of the other tests.
async fn raw(gateway: &Gateway) -> TcpStream {
    let mut socket = TcpStream::connect(gateway.authority()).await.unwrap();
    let request = format!(
        "GET /ws HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
        gateway.authority()
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(socket.read_u8().await.unwrap());
    }
    let answer = String::from_utf8(answer).unwrap().to_ascii_lowercase();
    assert!(answer.starts_with("http/1.1 101 "), "{answer}");
    assert!(answer.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="), "{answer}");
    assert!(!answer.contains("sec-websocket-extensions"), "nothing is compressed: {answer}");
    socket
}

/// Reads one frame of the server.
async fn read(half: &mut tokio::net::tcp::ReadHalf<'_>) -> std::io::Result<Said> {
    let first = half.read_u8().await?;
    let length = match half.read_u8().await? {
        short @ 0..=125 => usize::from(short),
        126 => usize::from(half.read_u16().await?),
        127 => usize::try_from(half.read_u64().await?).unwrap(),
        masked => panic!("a server masks nothing: {masked:x}"),
    };
    let mut payload = vec![0; length];
    half.read_exact(&mut payload).await?;
    Ok(match first ^ FIN {
        TEXT => Said::Text(payload),
        PONG => Said::Pong(payload),
        CLOSE if payload.is_empty() => Said::ClosedWithout,
        CLOSE => Said::Closed(u16::from_be_bytes([payload[0], payload[1]])),
        other => panic!("frame {other:x}"),
    })
}

async fn play(gateway: &Gateway, case: &Case, piece: usize) {
    let mut socket = raw(gateway).await;
    let name = case.name;
    let (mut from, mut to) = socket.split();
    let sending = async {
        for piece in case.sent.chunks(piece) {
            // A server that has closed takes no more.
            if to.write_all(piece).await.is_err() {
                break;
            }
        }
    };
    let hearing = async {
        let mut said = Vec::new();
        for _ in &case.said {
            said.push(read(&mut from).await.unwrap_or_else(|error| panic!("{name}: {error} after {said:?}")));
        }
        assert!(said == case.said, "{name}: {said:?}");
    };
    let both = async { tokio::join!(sending, hearing) };
    tokio::time::timeout(Duration::from_secs(20), both).await.unwrap_or_else(|_| panic!("{name}: silence"));
    if matches!(case.said.last(), Some(Said::Closed(_) | Said::ClosedWithout)) {
        let mut rest = Vec::new();
        let end = tokio::time::timeout(Duration::from_secs(20), socket.read_to_end(&mut rest)).await.unwrap();
        assert_eq!((end.unwrap_or(0), rest.len()), (0, 0), "{name}: nothing follows a close");
    }
}

async fn play_all(cases: Vec<Case>) {
    let gateway = Gateway::start(TEMPLATE, Options::default()).await;
    for case in &cases {
        play(&gateway, case, usize::MAX).await;
        // In pieces that cut headers, masks and letters.
        if case.sent.len() < 400 {
            play(&gateway, case, 1).await;
        }
    }
    until("the end of all", async || gateway.open().await == 0).await;
    gateway.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_put_together() {
    play_all(messages()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn control_frames_are_answered_or_refused() {
    play_all(control_frames()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closes_are_answered_with_their_code() {
    play_all(closes()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn violations_close_with_1002() {
    play_all(violations()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_that_are_none_close_with_1007() {
    play_all(texts_that_are_none()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_above_32_kib_and_messages_above_128_kib_close_with_1009() {
    play_all(quotas()).await;
}

#[test]
fn there_are_as_many_cases_as_the_design_asks() {
    let all = [messages(), control_frames(), closes(), violations(), texts_that_are_none(), quotas()];
    assert!(all.iter().flatten().count() >= 70);
}
