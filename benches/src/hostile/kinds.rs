//! Ten ways to be a bad peer. Each ends when the server closes.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::{BufMut, BytesMut};
use skylark_rtmp::amf0;
use skylark_rtmp::chunk::ChunkWriter;
use skylark_rtmp::message::{Message, kind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use crate::encoder::{Address, Encoder};

/// How long a server may take to close before it counts as one that does not.
const PATIENCE: Duration = Duration::from_secs(30);
/// From one byte of a slow peer to the next.
const DRIBBLE: Duration = Duration::from_millis(200);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hostile {
    Silent,
    SlowHandshake,
    Garbage,
    GiantMessage,
    ChunkStreams,
    SilentPublisher,
    BadKey,
    Dribble,
    HalfClose,
    CommandFlood,
}

pub(crate) const ALL: [Hostile; 10] = [
    Hostile::Silent,
    Hostile::SlowHandshake,
    Hostile::Garbage,
    Hostile::GiantMessage,
    Hostile::ChunkStreams,
    Hostile::SilentPublisher,
    Hostile::BadKey,
    Hostile::Dribble,
    Hostile::HalfClose,
    Hostile::CommandFlood,
];

impl Hostile {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Silent => "connects and says nothing",
            Self::SlowHandshake => "a byte of the handshake now and then",
            Self::Garbage => "garbage instead of a handshake",
            Self::GiantMessage => "declares a message of 16 MB",
            Self::ChunkStreams => "opens 65 chunk streams",
            Self::SilentPublisher => "publishes and says no more",
            Self::BadKey => "publishes with a wrong key",
            Self::Dribble => "a byte of `connect` now and then",
            Self::HalfClose => "closes its side after the handshake",
            Self::CommandFlood => "sends commands and reads no answer",
        }
    }

    /// Whether its address ends up blocked.
    pub(crate) fn is_stranger(self) -> bool {
        self == Self::BadKey
    }
}

/// Misbehaves until the server closes; answers how long that took.
pub(crate) async fn misbehave(kind: Hostile, address: &Address) -> Result<Duration> {
    let (socket, since) = match kind {
        Hostile::Silent => (address.dial().await?, Instant::now()),
        Hostile::SlowHandshake => return dribble(address.dial().await?, &[3]).await,
        Hostile::Garbage => {
            let mut socket = address.dial().await?;
            socket.write_all(&[0x47; 4096]).await?;
            (socket, Instant::now())
        }
        Hostile::GiantMessage => (sent(address, &giant()).await?, Instant::now()),
        Hostile::ChunkStreams => (sent(address, &chunk_streams()).await?, Instant::now()),
        Hostile::SilentPublisher => (Encoder::publish(address).await?.socket, Instant::now()),
        Hostile::BadKey => {
            let since = Instant::now();
            let stranger = Address { key: "sk_us-east-1_wrong".into(), ..address.clone() };
            return match Encoder::publish(&stranger).await {
                Ok(_) => bail!("a wrong key was taken"),
                Err(_) => Ok(since.elapsed()),
            };
        }
        Hostile::Dribble => return dribble(Encoder::shake(address).await?.socket, &connect()).await,
        Hostile::HalfClose => {
            let mut socket = Encoder::shake(address).await?.socket;
            socket.shutdown().await?;
            (socket, Instant::now())
        }
        Hostile::CommandFlood => return flood(Encoder::shake(address).await?.socket).await,
    };
    closed(socket, since).await
}

/// A connection with a handshake behind it that has sent this.
async fn sent(address: &Address, bytes: &[u8]) -> Result<TcpStream> {
    let mut socket = Encoder::shake(address).await?.socket;
    socket.write_all(bytes).await?;
    Ok(socket)
}

/// Waits until the server closes, kindly or not.
async fn closed(mut socket: TcpStream, since: Instant) -> Result<Duration> {
    let mut room = [0; 4096];
    let closed = async { while matches!(socket.read(&mut room).await, Ok(1..)) {} };
    timeout(PATIENCE, closed).await.context("the server does not close")?;
    Ok(since.elapsed())
}

/// Sends `bytes` one by one, and then zeros.
async fn dribble(socket: TcpStream, bytes: &[u8]) -> Result<Duration> {
    let since = Instant::now();
    let (reader, mut writer) = socket.into_split();
    let dribbling = async {
        for byte in bytes.iter().copied().chain(std::iter::repeat(0)) {
            if writer.write_all(&[byte]).await.is_err() {
                return;
            }
            sleep(DRIBBLE).await;
        }
    };
    until_closed(reader, dribbling, since).await
}

/// Sends `connect` again and again, and reads only once the server would not take more.
async fn flood(socket: TcpStream) -> Result<Duration> {
    let since = Instant::now();
    let commands = connect().repeat(100);
    let (reader, mut writer) = socket.into_split();
    timeout(PATIENCE, async { while writer.write_all(&commands).await.is_ok() {} }).await.context("it takes all")?;
    drop(reader);
    Ok(since.elapsed())
}

async fn until_closed(
    mut reader: tokio::net::tcp::OwnedReadHalf,
    sending: impl Future<Output = ()>,
    since: Instant,
) -> Result<Duration> {
    let mut room = [0; 4096];
    let reading = async { while matches!(reader.read(&mut room).await, Ok(1..)) {} };
    let either = async {
        tokio::select! {
            () = reading => {}
            () = sending => {}
        }
    };
    timeout(PATIENCE, either).await.context("the server does not close")?;
    Ok(since.elapsed())
}

/// A chunk header of type 0 (5.3.1.2.1).
fn header(out: &mut BytesMut, id: u8, length: u32, kind: u8) {
    out.put_u8(id);
    out.put_uint(0, 3);
    out.put_uint(length.into(), 3);
    out.put_u8(kind);
    out.put_u32_le(0);
}

/// The beginning of a message that would be the longest there can be.
fn giant() -> BytesMut {
    let mut out = BytesMut::new();
    header(&mut out, 4, 0xff_ffff, kind::VIDEO);
    out.put_bytes(0, 1024);
    out
}

/// A first chunk of a message on each of 65 chunk streams, ids above 63 in two bytes (5.3.1.1).
fn chunk_streams() -> BytesMut {
    let mut out = BytesMut::new();
    for stream in 0..65_u8 {
        let mut chunk = BytesMut::new();
        header(&mut chunk, 0, 200, kind::VIDEO);
        out.put_slice(&[chunk[0], stream]);
        out.put_slice(&chunk[1..]);
        out.put_bytes(0, 128);
    }
    out
}

fn connect() -> BytesMut {
    let mut payload = BytesMut::new();
    for value in ["connect".into(), 1.0.into(), amf0::object([("app", "live".into())])] {
        amf0::write(&mut payload, &value);
    }
    let mut out = BytesMut::new();
    ChunkWriter::default().write(&mut out, 3, &Message::control(kind::COMMAND, payload.freeze()));
    out
}
