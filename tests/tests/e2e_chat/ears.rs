//! Somebody in a room who remembers everything that is heard.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};
use skylark_tests::chat::Chat;
use skylark_tests::{Person, Stack};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Error;

/// How long a frame may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// An owner and somebody else, with a stream of the owner's.
pub(crate) struct Cast {
    pub(crate) owner: Person,
    pub(crate) viewer: Person,
    pub(crate) stream: Value,
    /// The stream's id.
    pub(crate) id: String,
}

impl Cast {
    /// With a room of this mode.
    pub(crate) async fn new(mode: &str) -> Self {
        let (owner, viewer) = tokio::join!(Person::register(Stack::shared()), Person::register(Stack::shared()));
        let (owner, viewer) = (owner.unwrap(), viewer.unwrap());
        let stream = owner.stream_with(json!({ "title": "Room", "chat": { "mode": mode } })).await.unwrap();
        let id = stream["id"].as_str().unwrap().to_owned();
        Self { owner, viewer, stream, id }
    }

    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/api/v1/streams/{}{rest}", self.id)
    }
}

pub(crate) async fn send(person: &Person, method: Method, path: &str) -> Response {
    person.request(method, path).send().await.unwrap()
}

pub(crate) async fn id_of(person: &Person) -> String {
    let me: Value = send(person, Method::GET, "/api/v1/users/me").await.json().await.unwrap();
    me["id"].as_str().unwrap().to_owned()
}

/// The names of a frame's fields, in the order of the alphabet.
pub(crate) fn fields(frame: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = frame.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// Asks for a WebSocket without ever using it; answers the status, 101 when it would be one.
pub(crate) async fn knock(address: &str, origin: Option<&str>) -> u16 {
    let mut request = reqwest::Client::new()
        .get(address.replacen("ws://", "http://", 1))
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    if let Some(origin) = origin {
        request = request.header("origin", origin);
    }
    request.send().await.unwrap().status().as_u16()
}

/// Somebody in a room.
pub(crate) struct Ears {
    chat: Chat,
    /// Every frame so far, those in a `BATCH` one after another.
    pub(crate) heard: Vec<Value>,
    /// The batches themselves.
    pub(crate) batches: Vec<Value>,
    next: usize,
}

impl Ears {
    /// Comes in by an address and says nothing.
    pub(crate) async fn silent(address: &str) -> Self {
        Self::try_silent(address).await.unwrap()
    }

    /// The same, or the status that the door is closed with.
    pub(crate) async fn try_silent(address: &str) -> Result<Self, u16> {
        match Chat::connect(address, None).await {
            Ok(chat) => Ok(Self { chat, heard: Vec::new(), batches: Vec::new(), next: 0 }),
            Err(error) => match error.downcast::<Error>().unwrap() {
                Error::Http(refusal) => Err(refusal.status().as_u16()),
                other => panic!("{address}: {other}"),
            },
        }
    }

    /// Comes in with a ticket, takes batches, and has been welcomed.
    pub(crate) async fn enter(person: &Person, stream_id: &str) -> Self {
        Self::welcomed(&person.chat_address(stream_id).await.unwrap()).await
    }

    /// The same, without batches.
    pub(crate) async fn enter_plainly(person: &Person, stream_id: &str) -> Self {
        Self::welcomed(&person.chat_address(stream_id).await.unwrap().replace("&batch=1", "")).await
    }

    pub(crate) async fn welcomed(address: &str) -> Self {
        let mut ears = Self::silent(address).await;
        ears.say(&json!({ "type": "HELLO" })).await;
        ears.until("a welcome", |frame| frame["type"] == "JOINED" && frame["history"].is_array()).await;
        ears
    }

    /// Sends a frame.
    pub(crate) async fn say(&mut self, frame: &Value) {
        self.chat.send(frame).await.unwrap();
    }

    /// Sends a message.
    pub(crate) async fn chat(&mut self, content: &str) {
        self.say(&json!({ "type": "CHAT", "content": content })).await;
    }

    /// Sends a message and waits for its echo.
    pub(crate) async fn chat_and_hear(&mut self, content: &str) -> Value {
        self.chat(content).await;
        self.until_said(content).await
    }

    /// The next frame of which something is true. What comes before it is passed over, and remembered.
    pub(crate) async fn until(&mut self, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        loop {
            while let Some(frame) = self.heard.get(self.next) {
                self.next += 1;
                if holds(frame) {
                    return frame.clone();
                }
            }
            assert!(self.listen(what).await, "{what}: the connection ended after {:?}", self.heard);
        }
    }

    pub(crate) async fn until_said(&mut self, content: &str) -> Value {
        self.until(content, |frame| frame["type"] == "CHAT_BROADCAST" && frame["content"] == content).await
    }

    pub(crate) async fn until_error(&mut self, code: &str) -> Value {
        self.until(code, |frame| frame["type"] == "ERROR" && frame["code"] == code).await
    }

    pub(crate) async fn until_count(&mut self, count: u32) -> Value {
        let what = format!("a count of {count}");
        self.until(&what, |frame| frame["type"] == "VIEW_UPDATE" && frame["count"] == count).await
    }

    /// Hears everything until the end of the connection.
    pub(crate) async fn end(&mut self) {
        while self.listen("the end").await {}
    }

    /// What was heard of a type.
    pub(crate) fn of_type(&self, kind: &str) -> Vec<&Value> {
        self.heard.iter().filter(|frame| frame["type"] == kind).collect()
    }

    /// Contents of all messages heard.
    pub(crate) fn contents(&self) -> Vec<&str> {
        self.of_type("CHAT_BROADCAST").into_iter().filter_map(|frame| frame["content"].as_str()).collect()
    }

    /// Hears one more frame; false at the end of the connection.
    async fn listen(&mut self, what: &str) -> bool {
        let text = match timeout(PATIENCE, self.chat.text()).await {
            Ok(text) => text.unwrap(),
            Err(_) => panic!("{what} does not come after {:?}", self.heard),
        };
        let Some(text) = text else { return false };
        let frame: Value = serde_json::from_str(&text).unwrap();
        match frame["messages"].as_array().filter(|_| frame["type"] == "BATCH") {
            Some(frames) => {
                self.heard.extend(frames.iter().cloned());
                self.batches.push(frame);
            }
            None => self.heard.push(frame),
        }
        true
    }
}
