//! One connection to a stream's room.

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::Context;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::person::{Person, text};

/// How long a handshake may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// Somebody in a room.
pub(super) struct Chatter {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// What came in one frame with what was read last.
    rest: VecDeque<Value>,
}

impl Chatter {
    /// Enters the room of a stream with a new ticket and says `HELLO`.
    pub(super) async fn enter(person: &Person, stream: &str) -> anyhow::Result<Self> {
        let ticket = person.post(&format!("/streams/{stream}/chat-ticket"), None).await?;
        let address = format!("{}&batch=1", text(&ticket, "wsUrl")?);
        let (socket, _) = timeout(PATIENCE, connect_async(address)).await.context("the handshake takes too long")??;
        let mut chatter = Self { socket, rest: VecDeque::new() };
        chatter.send(&json!({ "type": "HELLO" })).await?;
        Ok(chatter)
    }

    /// Says something under a name of its author's: the same name again is the same message.
    pub(super) async fn say(&mut self, content: &str, name: &str) -> anyhow::Result<()> {
        self.send(&json!({ "type": "CHAT", "content": content, "client_id": name })).await
    }

    /// Sends a frame.
    pub(super) async fn send(&mut self, frame: &Value) -> anyhow::Result<()> {
        Ok(self.socket.send(Message::text(frame.to_string())).await?)
    }

    /// The next frame, those of a `BATCH` one after another; `None` at the end of the connection. It can be cancelled.
    pub(super) async fn next(&mut self) -> anyhow::Result<Option<Value>> {
        loop {
            if let Some(frame) = self.rest.pop_front() {
                return Ok(Some(frame));
            }
            let mut frame: Value = match self.socket.next().await {
                Some(Ok(Message::Text(text))) => serde_json::from_str(text.as_str())?,
                // The library answers a ping, and a close.
                Some(Ok(_)) => continue,
                None | Some(Err(Error::ConnectionClosed | Error::AlreadyClosed)) => return Ok(None),
                Some(Err(error)) => return Err(error.into()),
            };
            match frame.get_mut("messages").map(Value::take) {
                Some(Value::Array(frames)) if frame["type"] == "BATCH" => self.rest.extend(frames),
                _ => return Ok(Some(frame)),
            }
        }
    }
}
