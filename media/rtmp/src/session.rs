//! The session of one publisher, without any input or output of its own: bytes go in, [`Event`]s and bytes come out.

mod address;
mod answer;
mod command;

use bytes::BytesMut;

use self::command::Command;
use crate::chunk::ChunkReader;
use crate::flv::{Demuxer, Tag};
use crate::handshake::Handshake;
use crate::message::{Aggregate, Message, kind, user_control};
use crate::session::answer::Answers;
use crate::{Error, Limits, Media, Metadata, Publish, Refusal, amf0};

/// How much a peer may send before it hears an Acknowledgement, and the reverse, until the other side sets another
/// window (5.4.4).
const WINDOW_BYTES: u32 = 2_500_000;

/// No window is taken as smaller, or a peer could ask for an answer to every byte.
const MIN_WINDOW_BYTES: u32 = 4_096;

/// How far a session has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The handshake is not complete.
    Handshake,
    /// The encoder may give commands; nothing is published.
    Connecting,
    /// The owner has to [`accept`](Session::accept) or [`refuse`](Session::refuse) before bytes are read on.
    Deciding,
    /// The publisher is accepted.
    Live,
}

/// What the owner of a session has to know.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The encoder wants to publish. The session waits for the decision.
    Publish(Publish),
    /// Media of an accepted publisher.
    Media(Media),
    /// The publisher ends.
    Unpublished,
    /// The encoder does something that is not served. It is to be told with [`Session::refuse`].
    Refused(Refusal),
}

/// The state of one session.
#[derive(Debug)]
pub struct Session {
    phase: Phase,
    handshake: Handshake,
    chunks: ChunkReader,
    demuxer: Demuxer,
    aggregate: Option<Aggregate>,
    answers: Answers,
    connection: Option<address::Connection>,
    message_streams: u32,
    message_bytes: usize,
    command_bytes: usize,
    window: u32,
    received: u64,
    acknowledged: u64,
}

impl Session {
    /// A session that awaits a handshake.
    pub fn new(limits: &Limits) -> Self {
        let command_bytes = limits.command_bytes.min(limits.message_bytes);
        Self {
            phase: Phase::Handshake,
            handshake: Handshake::default(),
            chunks: ChunkReader::new(limits, command_bytes),
            demuxer: Demuxer::default(),
            aggregate: None,
            answers: Answers::default(),
            connection: None,
            message_streams: 0,
            message_bytes: limits.message_bytes,
            command_bytes,
            window: WINDOW_BYTES,
            received: 0,
            acknowledged: 0,
        }
    }

    /// How far it has come.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Bytes to be sent to the peer. The caller takes them out.
    pub fn output(&mut self) -> &mut BytesMut {
        self.answers.output()
    }

    /// Takes bytes from `input` until there is an event. `None`: more bytes are needed, or a decision.
    pub fn next(&mut self, input: &mut BytesMut) -> Result<Option<Event>, Error> {
        if self.phase == Phase::Handshake {
            if !self.handshake.advance(input, self.answers.output())? {
                return Ok(None);
            }
            self.phase = Phase::Connecting;
        }
        while self.phase != Phase::Deciding {
            let message = match self.aggregate.as_mut().and_then(Iterator::next) {
                Some(message) => message?,
                None => {
                    self.aggregate = None;
                    let waiting = input.len();
                    let message = self.chunks.next(input)?;
                    self.count(waiting - input.len());
                    match message {
                        Some(message) => message,
                        None => break,
                    }
                }
            };
            if let Some(event) = self.take(message)? {
                return Ok(Some(event));
            }
        }
        self.acknowledge();
        Ok(None)
    }

    /// Accepts the publisher: it is told to begin.
    pub fn accept(&mut self) {
        self.answers.publish_started();
        self.chunks.set_message_bytes(self.message_bytes);
        self.phase = Phase::Live;
    }

    /// Tells the encoder why its session ends. The caller sends the output and closes.
    pub fn refuse(&mut self, refusal: &Refusal) {
        self.answers.refused(refusal);
    }

    fn count(&mut self, bytes: usize) {
        self.received += bytes as u64;
    }

    fn acknowledge(&mut self) {
        if self.received - self.acknowledged >= u64::from(self.window) {
            self.acknowledged = self.received;
            // The number wraps (5.4.3).
            self.answers.control(&Message::bytes(kind::ACKNOWLEDGEMENT, self.received as u32));
        }
    }

    fn take(&mut self, message: Message) -> Result<Option<Event>, Error> {
        match message.kind {
            kind::AUDIO => self.media(message, Demuxer::audio),
            kind::VIDEO => self.media(message, Demuxer::video),
            kind::DATA => self.data(&message.payload),
            kind::COMMAND => self.command(&message.payload, message.stream),
            // The first byte says that AMF0 follows.
            kind::DATA_AMF3 => self.data(message.payload.get(1..).unwrap_or_default()),
            kind::COMMAND_AMF3 => self.command(message.payload.get(1..).unwrap_or_default(), message.stream),
            kind::AGGREGATE if self.aggregate.is_some() => Err(Error::Protocol("aggregate within an aggregate")),
            kind::AGGREGATE => {
                self.aggregate = Some(Aggregate::of(message));
                Ok(None)
            }
            kind::WINDOW_ACKNOWLEDGEMENT_SIZE => {
                self.window = message.number()?.max(MIN_WINDOW_BYTES);
                Ok(None)
            }
            kind::USER_CONTROL => {
                self.user_control(&message.payload)?;
                Ok(None)
            }
            // What the peer acknowledges and allows bounds what we send, which is next to nothing.
            kind::ACKNOWLEDGEMENT | kind::SET_PEER_BANDWIDTH => Ok(None),
            kind => {
                tracing::debug!(kind, "a message of an unknown type is left out");
                Ok(None)
            }
        }
    }

    fn user_control(&mut self, payload: &[u8]) -> Result<(), Error> {
        let (&event, rest) = payload.split_first_chunk().ok_or(Error::Protocol("user control message cut off"))?;
        if u16::from_be_bytes(event) == user_control::PING_REQUEST {
            let time = rest.first_chunk().ok_or(Error::Protocol("ping cut off"))?;
            self.answers.control(&Message::user_control(user_control::PING_RESPONSE, u32::from_be_bytes(*time)));
        }
        Ok(())
    }

    fn media(
        &mut self,
        message: Message,
        read: fn(&mut Demuxer, u32, bytes::Bytes) -> Result<Tag, Error>,
    ) -> Result<Option<Event>, Error> {
        if self.phase != Phase::Live {
            return Err(Error::Protocol("media before publish"));
        }
        Ok(match read(&mut self.demuxer, message.timestamp, message.payload)? {
            Tag::Media(media) => Some(Event::Media(media)),
            Tag::Nothing => None,
            Tag::Unsupported(codec) => {
                Some(Event::Refused(Refusal::Unsupported(format!("{codec} is not served; send H.264 and AAC"))))
            }
        })
    }

    fn data(&mut self, payload: &[u8]) -> Result<Option<Event>, Error> {
        self.check_command_size(payload)?;
        let values = amf0::read_all(payload)?;
        let values = match values.first().and_then(amf0::Value::as_str) {
            Some("@setDataFrame") => &values[1..],
            _ => &values[..],
        };
        let [name, fields, ..] = values else { return Ok(None) };
        if name.as_str() != Some("onMetaData") || self.phase != Phase::Live {
            return Ok(None);
        }
        Ok(Some(Event::Media(Media::Metadata(Metadata::of(fields.fields())))))
    }

    fn command(&mut self, payload: &[u8], stream: u32) -> Result<Option<Event>, Error> {
        self.check_command_size(payload)?;
        let Some(command) = Command::read(payload)? else { return Ok(None) };
        command.run(self, stream)
    }

    fn check_command_size(&self, payload: &[u8]) -> Result<(), Error> {
        if payload.len() > self.command_bytes {
            return Err(Error::Limit { what: "bytes of a command", limit: self.command_bytes });
        }
        Ok(())
    }
}
