//! What the server says.

use bytes::BytesMut;

use super::WINDOW_BYTES;
use crate::amf0::{self, Value, object};
use crate::chunk::{CONTROL_STREAM, ChunkWriter};
use crate::message::{Message, kind, user_control};
use crate::publish::Refusal;

/// Chunk size that the server announces.
const CHUNK_BYTES: u32 = 4_096;

/// Chunk stream of commands.
const COMMAND_STREAM: u8 = 3;

/// Writes answers and holds them until they are sent.
#[derive(Debug, Default)]
pub(super) struct Answers {
    writer: ChunkWriter,
    output: BytesMut,
    /// Message stream of the publisher.
    publishing: Option<u32>,
}

impl Answers {
    pub(super) fn output(&mut self) -> &mut BytesMut {
        &mut self.output
    }

    /// From now on statuses of the stream go to this message stream.
    pub(super) fn set_publishing(&mut self, stream: u32) {
        self.publishing = Some(stream);
    }

    pub(super) fn control(&mut self, message: &Message) {
        self.writer.write(&mut self.output, CONTROL_STREAM, message);
    }

    /// Answers `connect` (7.2.1.1).
    pub(super) fn connected(&mut self, transaction: f64) {
        self.control(&Message::bytes(kind::WINDOW_ACKNOWLEDGEMENT_SIZE, WINDOW_BYTES));
        self.control(&Message::peer_bandwidth(WINDOW_BYTES));
        self.control(&Message::bytes(kind::SET_CHUNK_SIZE, CHUNK_BYTES));
        self.writer.set_chunk_bytes(CHUNK_BYTES as usize);
        let properties = object([("fmsVer", "FMS/3,5,3,888".into()), ("capabilities", 127.0.into())]);
        let Value::Object(mut information) = status("status", "NetConnection.Connect.Success", "Connection succeeded.")
        else {
            return;
        };
        // An encoder that asked for AMF3 falls back.
        information.push(("objectEncoding".to_owned(), 0.0.into()));
        self.command(0, &["_result".into(), transaction.into(), properties, Value::Object(information)]);
    }

    /// Answers a command that succeeded. One without a transaction wants no answer.
    pub(super) fn result(&mut self, transaction: f64, value: Value) {
        if transaction != 0.0 {
            self.command(0, &["_result".into(), transaction.into(), Value::Null, value]);
        }
    }

    /// Answers a command that is not known.
    pub(super) fn unknown(&mut self, transaction: f64) {
        if transaction != 0.0 {
            let information = status("error", "NetConnection.Call.Failed", "Method not found.");
            self.command(0, &["_error".into(), transaction.into(), Value::Null, information]);
        }
    }

    /// `onFCPublish` and `onFCUnpublish`, which Adobe's encoders await.
    pub(super) fn announced(&mut self, name: &str, code: &str) {
        self.command(0, &[name.into(), 0.0.into(), Value::Null, status("status", code, "")]);
    }

    pub(super) fn publish_started(&mut self) {
        let stream = self.publishing.unwrap_or_default();
        self.control(&Message::user_control(user_control::STREAM_BEGIN, stream));
        self.on_status(stream, status("status", "NetStream.Publish.Start", "Publishing."));
    }

    pub(super) fn unpublished(&mut self) {
        let stream = self.publishing.unwrap_or_default();
        self.on_status(stream, status("status", "NetStream.Unpublish.Success", "Unpublished."));
    }

    pub(super) fn refused(&mut self, refusal: &Refusal) {
        let mut information = status("error", refusal.code(), refusal.description());
        if let (Refusal::Redirect(address), Value::Object(fields)) = (refusal, &mut information) {
            let redirect = object([("code", 302.0.into()), ("redirect", address.as_str().into())]);
            fields.push(("ex".to_owned(), redirect));
        }
        let stream = match refusal {
            Refusal::Redirect(_) | Refusal::Ended(_) => 0,
            _ => self.publishing.unwrap_or_default(),
        };
        self.on_status(stream, information);
    }

    pub(super) fn play_refused(&mut self, stream: u32) {
        self.on_status(stream, status("error", "NetStream.Play.Failed", "This server takes streams and plays none."));
    }

    fn on_status(&mut self, stream: u32, information: Value) {
        self.command(stream, &["onStatus".into(), 0.0.into(), Value::Null, information]);
    }

    fn command(&mut self, stream: u32, values: &[Value]) {
        let mut payload = BytesMut::new();
        for value in values {
            amf0::write(&mut payload, value);
        }
        let message = Message { kind: kind::COMMAND, stream, timestamp: 0, payload: payload.freeze() };
        self.writer.write(&mut self.output, COMMAND_STREAM, &message);
    }
}

fn status(level: &str, code: &str, description: &str) -> Value {
    object([("level", level.into()), ("code", code.into()), ("description", description.into())])
}
