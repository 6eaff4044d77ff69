//! Commands (7.2): NetConnection's, NetStream's, and those of Adobe's encoders that no specification names.

use super::address::Connection;
use super::{Event, Phase, Session};
use crate::amf0::{self, Value};
use crate::{Error, Refusal};

/// Message streams that one connection may create.
const MAX_MESSAGE_STREAMS: u32 = 16;

/// One command.
pub(super) struct Command {
    name: String,
    transaction: f64,
    object: Value,
    arguments: Vec<Value>,
}

impl Command {
    /// Reads the body of a command message. An empty one says nothing.
    pub(super) fn read(payload: &[u8]) -> Result<Option<Self>, Error> {
        let mut values = amf0::read_all(payload)?.into_iter();
        let Some(name) = values.next() else { return Ok(None) };
        let Value::String(name) = name else { return Err(Error::Protocol("command without a name")) };
        let transaction = values.next().and_then(|value| value.as_number()).unwrap_or_default();
        let object = values.next().unwrap_or(Value::Null);
        Ok(Some(Self { name, transaction, object, arguments: values.collect() }))
    }

    /// Does what it says. `stream` is its message stream.
    pub(super) fn run(self, session: &mut Session, stream: u32) -> Result<Option<Event>, Error> {
        let transaction = self.transaction;
        match self.name.as_str() {
            "connect" => self.connect(session)?,
            "releaseStream" => session.answers.result(transaction, Value::Undefined),
            "FCPublish" => {
                session.answers.result(transaction, Value::Undefined);
                session.answers.announced("onFCPublish", "NetStream.Publish.Start");
            }
            "createStream" => create_stream(session, transaction)?,
            "_checkbw" => session.answers.result(transaction, Value::Undefined),
            "getStreamLength" => session.answers.result(transaction, 0.0.into()),
            "publish" => return self.publish(session, stream),
            "FCUnpublish" => {
                session.answers.announced("onFCUnpublish", "NetStream.Unpublish.Success");
                return Ok(unpublish(session));
            }
            "deleteStream" | "closeStream" => return Ok(unpublish(session)),
            "play" | "play2" => {
                session.answers.play_refused(stream);
                return Ok(None);
            }
            // Answers to commands; this server gives none.
            "_result" | "_error" | "onStatus" => {}
            _ => session.answers.unknown(transaction),
        }
        Ok(None)
    }

    fn connect(&self, session: &mut Session) -> Result<(), Error> {
        if session.connection.is_some() {
            return Err(Error::Protocol("connect for the second time"));
        }
        session.connection = Some(Connection::of(&self.object));
        session.answers.connected(self.transaction);
        Ok(())
    }

    fn publish(self, session: &mut Session, stream: u32) -> Result<Option<Event>, Error> {
        let connection = session.connection.as_ref().ok_or(Error::Protocol("publish before connect"))?;
        if session.phase == Phase::Live {
            return Ok(Some(Event::Refused(Refusal::BadName("This connection publishes already.".to_owned()))));
        }
        let name = self.arguments.first().and_then(Value::as_str).ok_or(Error::Protocol("publish without a name"))?;
        let request = connection.publish(name);
        session.answers.set_publishing(stream);
        session.phase = Phase::Deciding;
        Ok(Some(Event::Publish(request)))
    }
}

fn create_stream(session: &mut Session, transaction: f64) -> Result<(), Error> {
    if session.message_streams == MAX_MESSAGE_STREAMS {
        return Err(Error::Limit { what: "message streams", limit: MAX_MESSAGE_STREAMS as usize });
    }
    session.message_streams += 1;
    session.answers.result(transaction, f64::from(session.message_streams).into());
    Ok(())
}

fn unpublish(session: &mut Session) -> Option<Event> {
    if session.phase != Phase::Live {
        return None;
    }
    session.answers.unpublished();
    Some(Event::Unpublished)
}
