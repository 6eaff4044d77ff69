//! A server at the end of a pipe, an owner that notes what it is asked, and a peer that sends what it likes.

use std::sync::{Arc, Mutex};

use bytes::BytesMut;
use rml_rtmp::chunk_io::ChunkDeserializer;
use rml_rtmp::messages::RtmpMessage;
use rml_rtmp::rml_amf0::Amf0Value;
use skylark_rtmp::amf0::{self, Value, object};
use skylark_rtmp::chunk::ChunkWriter;
use skylark_rtmp::message::{Message, kind};
use skylark_rtmp::{End, Error, Handler, Limits, Media, Publish, Refusal, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// What an owner was asked.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(crate) requests: Vec<Publish>,
    pub(crate) media: Vec<Media>,
    pub(crate) received: usize,
}

/// An owner that decides as it was told.
#[derive(Default)]
pub(crate) struct Owner {
    pub(crate) notes: Arc<Mutex<Notes>>,
    /// Turns `publish` away with this.
    pub(crate) refuses: Option<Refusal>,
    /// Never decides.
    pub(crate) hesitates: bool,
    /// Cuts the publisher at so many messages of media.
    pub(crate) patience: Option<usize>,
}

impl Handler for Owner {
    async fn publish(&mut self, request: Publish) -> Result<(), Refusal> {
        self.notes.lock().unwrap().requests.push(request);
        if self.hesitates {
            std::future::pending::<()>().await;
        }
        self.refuses.clone().map_or(Ok(()), Err)
    }

    fn media(&mut self, media: Media) -> Result<(), Refusal> {
        let mut notes = self.notes.lock().unwrap();
        notes.media.push(media);
        match self.patience {
            Some(patience) if notes.media.len() >= patience => Err(Refusal::Denied("Too much.".to_owned())),
            _ => Ok(()),
        }
    }

    fn received(&mut self, bytes: usize) {
        self.notes.lock().unwrap().received += bytes;
    }
}

/// A server that runs in its own task.
pub(crate) struct Server {
    pub(crate) notes: Arc<Mutex<Notes>>,
    stop: oneshot::Sender<Refusal>,
    task: JoinHandle<Result<End, Error>>,
}

impl Server {
    /// A server with the default limits, and the peer's end of its connection.
    pub(crate) fn start(owner: Owner) -> (Self, DuplexStream) {
        Self::start_with(owner, Limits::default())
    }

    pub(crate) fn start_with(mut owner: Owner, limits: Limits) -> (Self, DuplexStream) {
        let (ours, theirs) = duplex(64 * 1024);
        let (stop, stopped) = oneshot::channel();
        let notes = owner.notes.clone();
        let task = tokio::spawn(async move {
            let stop = async {
                match stopped.await {
                    Ok(reason) => reason,
                    Err(_) => std::future::pending().await,
                }
            };
            serve(ours, &mut owner, &limits, stop).await
        });
        (Self { notes, stop, task }, theirs)
    }

    /// How the session ended. Takes `stop` along, so nobody can stop it any more.
    pub(crate) async fn end(self) -> Result<End, Error> {
        self.task.await.unwrap()
    }
}

impl Server {
    /// Stops the session; answers what the peer heard, and the end.
    pub(crate) async fn stop(self, mut peer: DuplexStream, reason: Refusal) -> (Vec<u8>, Result<End, Error>) {
        self.stop.send(reason).unwrap();
        let mut heard = Vec::new();
        peer.read_to_end(&mut heard).await.unwrap();
        drop(peer);
        (heard, self.task.await.unwrap())
    }
}

/// C0, C1 and C2 of a plain handshake.
pub(crate) fn handshake() -> Vec<u8> {
    let mut sent = vec![3];
    sent.resize(1 + 2 * 1536, 0);
    sent
}

/// A message as chunks of 128 bytes.
pub(crate) fn chunks(kind: u8, stream: u32, timestamp: u32, payload: impl Into<bytes::Bytes>) -> Vec<u8> {
    let mut out = BytesMut::new();
    let message = Message { kind, stream, timestamp, payload: payload.into() };
    ChunkWriter::default().write(&mut out, 3, &message);
    out.to_vec()
}

/// The body of a command.
pub(crate) fn body(values: &[Value]) -> Vec<u8> {
    let mut payload = BytesMut::new();
    for value in values {
        amf0::write(&mut payload, value);
    }
    payload.to_vec()
}

pub(crate) fn command(stream: u32, values: &[Value]) -> Vec<u8> {
    chunks(kind::COMMAND, stream, 0, body(values))
}

pub(crate) fn connect() -> Vec<u8> {
    command(0, &["connect".into(), 1.0.into(), object([("app", "live".into()), ("tcUrl", "rtmp://h/live".into())])])
}

pub(crate) fn create_stream() -> Vec<u8> {
    command(0, &["createStream".into(), 2.0.into(), Value::Null])
}

pub(crate) fn publish(name: &str) -> Vec<u8> {
    command(1, &["publish".into(), 3.0.into(), Value::Null, name.into(), "live".into()])
}

/// All that a peer says until it is published.
pub(crate) fn published() -> Vec<u8> {
    [handshake(), connect(), create_stream(), publish("key")].concat()
}

/// Sends, reads all that the server says until it closes, and closes.
pub(crate) async fn converse(mut peer: DuplexStream, sent: &[u8]) -> Vec<u8> {
    peer.write_all(sent).await.unwrap();
    let mut heard = Vec::new();
    peer.read_to_end(&mut heard).await.unwrap();
    heard
}

/// What the server said after the handshake, read by a foreign reader.
pub(crate) fn messages(heard: &[u8]) -> Vec<RtmpMessage> {
    let mut reader = ChunkDeserializer::new();
    let mut messages = Vec::new();
    let mut input = &heard[1 + 2 * 1536..];
    while let Some(payload) = reader.get_next_message(input).unwrap() {
        input = &[];
        let message = payload.to_rtmp_message().unwrap();
        if let RtmpMessage::SetChunkSize { size } = message {
            reader.set_max_chunk_size(size as usize).unwrap();
        }
        messages.push(message);
    }
    messages
}

/// Level, code and description of each `onStatus`.
pub(crate) fn statuses(heard: &[u8]) -> Vec<(String, String, String)> {
    let information = messages(heard).into_iter().filter_map(|message| match message {
        RtmpMessage::Amf0Command { command_name, mut additional_arguments, .. } if command_name == "onStatus" => {
            additional_arguments.pop()
        }
        _ => None,
    });
    information
        .map(|information| (text(&information, "level"), text(&information, "code"), text(&information, "description")))
        .collect()
}

pub(crate) fn text(information: &Amf0Value, name: &str) -> String {
    match field(information, name) {
        Some(Amf0Value::Utf8String(text)) => text,
        other => panic!("{name} is {other:?}"),
    }
}

pub(crate) fn field(information: &Amf0Value, name: &str) -> Option<Amf0Value> {
    match information {
        Amf0Value::Object(fields) => fields.get(name).cloned(),
        _ => None,
    }
}

/// Waits until the condition holds of what the owner noted.
pub(crate) async fn until(notes: &Mutex<Notes>, condition: impl Fn(&Notes) -> bool) {
    while !condition(&notes.lock().unwrap()) {
        tokio::task::yield_now().await;
    }
}
