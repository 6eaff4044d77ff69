//! The clients of one server.

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt, TryStreamExt, stream};
use serde_json::Value;
use skylark_tests::chat::tcp;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

type Socket = WebSocketStream<TcpStream>;

/// Handshakes and answers at a time.
const AT_ONCE: usize = 64;
/// How long everybody together may take for one thing.
const PATIENCE: Duration = Duration::from_secs(300);
/// Connections from one address: fewer than it has ports.
const EACH: u32 = 5_000;

pub(super) struct Audience(Vec<Socket>);

impl Audience {
    /// Connects `count` clients. `first` is the number of the first: numbers choose the addresses they come from.
    pub(super) async fn enter(address: &str, count: u32, first: u32) -> Result<Self> {
        let enter = |number: u32| async move {
            let from = Ipv4Addr::from_bits(Ipv4Addr::new(127, 2, 0, 1).to_bits() + (number / EACH) % 250);
            let (socket, _) = client_async(address, tcp(address, Some(from)).await?).await?;
            anyhow::Ok(socket)
        };
        let entering = stream::iter(first..first + count).map(enter).buffer_unordered(AT_ONCE).try_collect();
        Ok(Self(timeout(PATIENCE, entering).await.context("connections take too long")??))
    }

    /// Asks each what the gateway calls it: a message that has no route is answered with that.
    pub(super) async fn ids(&mut self) -> Result<Vec<String>> {
        self.each(async |socket| {
            socket.send(Message::text("{\"type\":\"WHO\"}")).await?;
            let answer: Value = serde_json::from_str(&text(socket).await?)?;
            Ok(answer["connectionId"].as_str().context("no id")?.to_owned())
        })
        .await
    }

    /// Waits until everybody has had `frames` frames.
    pub(super) async fn hear(&mut self, frames: u32) -> Result<()> {
        self.each(async |socket| {
            for _ in 0..frames {
                text(socket).await?;
            }
            Ok(())
        })
        .await
        .map(drop)
    }

    /// The first asks for a frame to everybody.
    pub(super) async fn ask_for_a_frame(&mut self) -> Result<()> {
        let socket = self.0.first_mut().context("nobody is there")?;
        Ok(socket.send(Message::text("go")).await?)
    }

    /// Everybody says ping and waits for its pong.
    pub(super) async fn ping(&mut self) -> Result<()> {
        self.each(async |socket| {
            socket.send(Message::Ping(Bytes::from_static(b"still there?"))).await?;
            match socket.next().await.context("the connection has ended")?? {
                Message::Pong(_) => Ok(()),
                other => bail!("no pong: {other}"),
            }
        })
        .await
        .map(drop)
    }

    async fn each<T>(&mut self, ask: impl AsyncFn(&mut Socket) -> Result<T>) -> Result<Vec<T>> {
        let ask = &ask;
        let asking = stream::iter(&mut self.0).map(|socket| ask(socket)).buffered(AT_ONCE).try_collect();
        timeout(PATIENCE, asking).await.context("answers take too long")?
    }
}

async fn text(socket: &mut Socket) -> Result<String> {
    match socket.next().await.context("the connection has ended")?? {
        Message::Text(text) => Ok(text.as_str().to_owned()),
        other => bail!("no text: {other}"),
    }
}
