//! Clients of the chat: one connection to a room, and what is built on it.

mod history;
mod killer;
mod member;
mod outbox;
pub mod storm;

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use futures_util::{SinkExt, StreamExt};
use reqwest::{Method, Url};
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

pub use self::history::history;
use crate::Person;

/// How long a handshake, or a frame that is awaited, may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// One connection to a room.
pub struct Chat {
    socket: WebSocketStream<TcpStream>,
    /// What came in one frame with what was read last.
    rest: VecDeque<Value>,
}

impl Person {
    /// A ticket for the room of a stream, as the address of its WebSocket. What comes several in one is welcome.
    pub async fn chat_address(&self, stream_id: &str) -> Result<String> {
        let path = format!("/api/v1/streams/{stream_id}/chat-ticket");
        let answer = self.request(Method::POST, &path).send().await?;
        let status = answer.status();
        let body: Value = answer.json().await?;
        ensure!(status == 201, "{status}: {body}");
        Ok(format!("{}&batch=1", body["wsUrl"].as_str().context("no address")?))
    }
}

/// Opens a TCP connection to the server of a `ws:` address, from an address of one's own.
pub async fn tcp(address: &str, from: Option<Ipv4Addr>) -> Result<TcpStream> {
    let url = Url::parse(address)?;
    let (host, port) = url.host_str().zip(url.port_or_known_default()).context("no server")?;
    let server = lookup_host((host, port)).await?.find(|server| server.is_ipv4()).context("no such server")?;
    let socket = TcpSocket::new_v4()?;
    if let Some(from) = from {
        // The port is chosen when the peer is known: many connections may share one.
        socket.bind((IpAddr::V4(from), 0).into())?;
    }
    let stream = socket.connect(server).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

impl Chat {
    /// Enters the room of a stream, with a new ticket, and says `HELLO`.
    pub async fn enter(person: &Person, stream_id: &str) -> Result<Self> {
        let mut chat = Self::connect(&person.chat_address(stream_id).await?, None).await?;
        chat.send(&json!({ "type": "HELLO" })).await?;
        Ok(chat)
    }

    /// Connects to a WebSocket.
    pub async fn connect(address: &str, from: Option<Ipv4Addr>) -> Result<Self> {
        let handshake = async {
            let (socket, _) = client_async(address, tcp(address, from).await?).await?;
            anyhow::Ok(socket)
        };
        let socket = timeout(PATIENCE, handshake).await.context("the handshake takes too long")??;
        Ok(Self { socket, rest: VecDeque::new() })
    }

    /// Sends a frame.
    pub async fn send(&mut self, frame: &Value) -> Result<()> {
        Ok(self.socket.send(Message::text(frame.to_string())).await?)
    }

    /// Says something under a name of its author's.
    pub async fn say(&mut self, content: &str, client_id: &str) -> Result<()> {
        self.send(&json!({ "type": "CHAT", "content": content, "client_id": client_id })).await
    }

    /// The text of the next frame; `None` at the end of the connection.
    pub async fn text(&mut self) -> Result<Option<String>> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => return Ok(Some(text.as_str().to_owned())),
                Some(Ok(Message::Binary(_))) => bail!("a binary frame"),
                // The library answers a ping, and a close.
                Some(Ok(_)) => {}
                None | Some(Err(Error::ConnectionClosed | Error::AlreadyClosed)) => return Ok(None),
                Some(Err(error)) => return Err(error.into()),
            }
        }
    }

    /// The next frame, those in a `BATCH` one after another; `None` at the end of the connection. A batch that leaves
    /// messages out is itself the first of them. It can be cancelled.
    pub async fn next(&mut self) -> Result<Option<Value>> {
        loop {
            if let Some(frame) = self.rest.pop_front() {
                return Ok(Some(frame));
            }
            let Some(text) = self.text().await? else { return Ok(None) };
            let mut frame: Value = serde_json::from_str(&text).with_context(|| format!("no JSON: {text}"))?;
            if frame["type"] != "BATCH" {
                return Ok(Some(frame));
            }
            match frame.get_mut("messages").map(Value::take) {
                Some(Value::Array(frames)) => {
                    self.rest.extend(frame["skipped"].is_u64().then_some(frame));
                    self.rest.extend(frames);
                }
                _ => bail!("a batch of nothing: {text}"),
            }
        }
    }

    /// Waits for a frame of which something is true; others are dropped.
    pub async fn frame_that(&mut self, holds: impl Fn(&Value) -> bool) -> Result<Value> {
        let mut others = Vec::new();
        let wait = async {
            loop {
                let frame = self.next().await?.context("the connection has ended")?;
                if holds(&frame) {
                    return anyhow::Ok(frame);
                }
                others.push(frame);
            }
        };
        let found = timeout(PATIENCE, wait).await.context("it does not come").flatten();
        found.with_context(|| format!("other frames came: {others:?}"))
    }
}
