//! Plays API Gateway's WebSocket API: `$connect` at the handshake, a function for each message, `$disconnect`, and
//! `@connections`, by which functions reach their clients.
//!
//! A client arrives at `handshake`; `connection` reads what it says with `decoder`, and `routes` and `events` make
//! invocations of it. What is sent to it goes through its `outbox`. `registry` knows who is connected, `management`
//! answers `@connections`, whose calls are signed (`signature`).

mod connection;
mod decoder;
mod events;
mod frame;
mod handshake;
mod management;
mod outbox;
mod registry;
mod routes;
mod signature;
mod throttle;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use serde_json::json;
use tokio::sync::watch;

use self::events::{Body, Client, Request, reply};
use self::frame::{Close, Opcode, encode};
pub use self::frame::{MAX_FRAME, MAX_MESSAGE};
pub use self::outbox::{MAX_BYTES, MAX_FRAMES, Sent};
use self::registry::{Connection, Registry};
use self::routes::DISCONNECT;
use self::throttle::Throttle;
use crate::http::until_true;
use crate::lambda::Lambda;
use crate::world::WebSocketApi;

/// The time an integration may take: API Gateway's quota.
const INTEGRATION_TIMEOUT: Duration = Duration::from_secs(29);

/// What can be set.
#[derive(Debug, Clone)]
pub struct Options {
    /// After this time without a frame in either direction a connection is closed.
    pub idle: Duration,
    /// The longest life of a connection.
    pub life: Duration,
    /// How long a frame may wait for a client that does not read before it is cut off.
    pub stall: Duration,
}

impl Default for Options {
    /// API Gateway's quotas; the last is ours.
    fn default() -> Self {
        Self { idle: Duration::from_secs(10 * 60), life: Duration::from_secs(2 * 3600), stall: Duration::from_secs(10) }
    }
}

/// A message as it stands on the wire. It is encoded once, for however many connections.
#[derive(Debug, Clone)]
pub struct Frame(Bytes);

impl Frame {
    /// A text, or bytes when it is none: a frame of text that is not UTF-8 would make the client close.
    pub fn new(message: &[u8]) -> Self {
        let opcode = if std::str::from_utf8(message).is_ok() { Opcode::Text } else { Opcode::Binary };
        Self(encode(opcode, message))
    }
}

/// The running API. Cheap to clone.
#[derive(Clone)]
pub struct WebSockets {
    api: Arc<WebSocketApi>,
    lambda: Lambda,
    options: Arc<Options>,
    registry: Arc<Registry>,
    throttle: Option<Arc<Throttle>>,
    is_stopping: Arc<AtomicBool>,
}

impl WebSockets {
    /// The API of the template, whose functions `lambda` runs.
    pub fn new(api: WebSocketApi, lambda: Lambda, options: Options) -> Self {
        Self {
            throttle: api.throttle.map(Throttle::new).map(Arc::new),
            api: Arc::new(api),
            lambda,
            options: Arc::new(options),
            registry: Arc::default(),
            is_stopping: Arc::default(),
        }
    }

    /// Whether a path is the stage or below it.
    pub fn has_path(&self, path: &str) -> bool {
        self.below_stage(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// What follows the stage in a path.
    fn below_stage<'a>(&self, path: &'a str) -> Option<&'a str> {
        path.strip_prefix('/')?.strip_prefix(self.api.stage.as_str())
    }

    /// How many connections are open.
    pub fn open_connections(&self) -> usize {
        self.registry.count()
    }

    /// Sends a frame to a connection; it never waits for the client.
    pub fn send(&self, id: &str, frame: &Frame) -> Sent {
        let Some(connection) = self.registry.get(id) else { return Sent::Gone };
        let sent = connection.outbox.send(&frame.0);
        if sent == Sent::Accepted {
            connection.touch();
        }
        sent
    }

    /// `GET /connections` -> `{"open": 3}`, for tests and the curious.
    pub fn admin_router(&self) -> Router {
        let sockets = self.clone();
        let count = move || async move { Json(json!({ "open": sockets.open_connections() })) };
        Router::new().route("/connections", get(count))
    }

    /// Looks at the connections by the clock until `stop` turns true, and says goodbye then.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let shortest = self.options.idle.min(self.options.life).min(self.options.stall);
        let period = (shortest / 10).clamp(Duration::from_millis(5), Duration::from_secs(1));
        loop {
            tokio::select! {
                () = tokio::time::sleep(period) => self.registry.sweep(&self.options),
                () = until_true(&mut stop) => break,
            }
        }
        // The functions end too: nobody is left to hear of these disconnections.
        self.is_stopping.store(true, Ordering::Relaxed);
        self.registry.close_all();
    }

    fn enter(&self, connection: &Arc<Connection>) {
        self.registry.add(connection.clone());
        if self.is_stopping.load(Ordering::Relaxed) {
            connection.outbox.close(Close::going_away());
        }
    }

    /// Forgets a connection and tells `$disconnect`.
    fn leave(&self, connection: &Arc<Connection>, close: Close) {
        self.registry.remove(&connection.client.id);
        let (api, connection) = (self.clone(), connection.clone());
        tokio::spawn(async move { api.disconnect(&connection.client, &close).await });
    }

    async fn disconnect(&self, client: &Client, close: &Close) {
        let Some(route) = self.api.routes.get(DISCONNECT) else { return };
        if self.is_stopping.load(Ordering::Relaxed) {
            return;
        }
        let id = uuid::Uuid::new_v4().to_string();
        let request = Request { client, stage: &self.api.stage, route: DISCONNECT, id: &id };
        if let Err(error) = self.invoke(&route.function, request.disconnect(close)).await {
            tracing::error!(function = route.function, connection = client.id, %error, "$disconnect failed");
        }
    }

    /// Has a message answered; what comes back is the frame for the client.
    async fn message(&self, client: &Client, body: Body) -> Option<Bytes> {
        let id = uuid::Uuid::new_v4().to_string();
        let text = match &body {
            Body::Text(text) => Some(text.as_str()),
            Body::Binary(_) => None,
        };
        let chosen = routes::choose(&self.api, text);
        let request = Request { client, stage: &self.api.stage, route: chosen.map_or("", |(key, _)| key), id: &id };
        let complain = |message: &str| Some(encode(Opcode::Text, &request.complaint(message)));
        if !self.may_pass() {
            return complain("Too Many Requests");
        }
        let Some((key, route)) = chosen else { return complain("Forbidden") };
        let answer = self.invoke(&route.function, request.message(&body)).await;
        match answer.and_then(|answer| if route.two_way { reply(&answer) } else { Ok(None) }) {
            Ok(text) => text.filter(|text| text.len() <= MAX_MESSAGE).map(|text| encode(Opcode::Text, text.as_bytes())),
            Err(error) => {
                tracing::error!(function = route.function, route = key, connection = client.id, %error, "a message failed");
                if route.two_way { complain("Internal server error") } else { None }
            }
        }
    }

    async fn invoke(&self, function: &str, event: anyhow::Result<Bytes>) -> anyhow::Result<Bytes> {
        let invocation = self.lambda.invoke(function, event?);
        let invocation = tokio::time::timeout(INTEGRATION_TIMEOUT, invocation).await?;
        Ok(invocation.outcome?)
    }

    fn may_pass(&self) -> bool {
        self.throttle.as_ref().is_none_or(|throttle| throttle.take(Instant::now()))
    }
}
