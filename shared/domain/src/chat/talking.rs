//! What somebody in a room says, and what they are answered at once. Everything else reaches them through the
//! broadcaster: nothing is told to a room that is not stored.

mod patience;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use self::patience::Patience;
use super::connection::{Connection, Person};
use super::frames::{ClientFrame, Code, Joined, Refusal, ServerFrame, Welcome, timestamp};
use super::room::{Role, Room};
use super::{Chat, MESSAGE_LIFE, Message, content};
use crate::error::{Error, Result};
use crate::ids::{MessageId, StreamId, made_at, new_id};
use crate::ports::{Frame, Kept, Position, SocketPush, Turn};

/// How long a process believes what it knows of a room.
const BELIEVED: SignedDuration = SignedDuration::from_secs(5);
/// Rooms that one process remembers.
const MAX_ROOMS: usize = 1_000;
/// Messages of one answer, unless it says otherwise, and at most.
const USUAL: usize = 50;
const MOST: usize = 100;
/// The clocks of two servers may differ so much: a message that was seen is no proof that all before it were.
const OVERLAP: SignedDuration = SignedDuration::from_secs(5);

/// Hears people in rooms.
pub struct Talk {
    chat: Chat,
    push: Arc<dyn SocketPush>,
    rooms: Mutex<HashMap<StreamId, (Timestamp, Room)>>,
    patience: Patience,
}

/// What becomes of what was said.
enum Reply {
    /// Nothing is answered: the echo will be the answer.
    Nothing,
    /// One frame.
    Frame(ServerFrame),
    /// One frame, and then nothing more: the connection is closed.
    Farewell(Refusal),
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        Self::Frame(ServerFrame::Error(refusal))
    }
}

/// What a client is answered, and what went wrong with something we depend on.
pub struct Heard {
    /// The frame to be sent back.
    pub reply: Option<String>,
    /// For the log; the client was told to try again.
    pub trouble: Option<Error>,
}

impl Talk {
    /// With what closes connections.
    pub fn new(chat: Chat, push: Arc<dyn SocketPush>) -> Self {
        Self { chat, push, rooms: Mutex::default(), patience: Patience::default() }
    }

    /// Hears one frame of a connection.
    ///
    /// # Errors
    /// `Internal` for an answer that cannot be written, `Unavailable` when a connection that has to go cannot be closed.
    pub async fn hear(&self, connection_id: &str, body: &str) -> Result<Heard> {
        let now = self.chat.clock.now();
        let frame = ClientFrame::read(body);
        let client_id = match &frame {
            Ok(ClientFrame::Chat { client_id, .. }) => client_id.clone(),
            _ => None,
        };
        let is_message = matches!(frame, Ok(ClientFrame::Chat { .. }));
        let heard = match frame {
            _ if !is_message && !self.patience.has_more(connection_id, now) => Ok(too_much(now)),
            Ok(frame) => self.answer(connection_id, frame, now).await,
            Err(code) => Ok(Refusal::new(code, now).into()),
        };
        let (reply, trouble) = match heard {
            Ok(reply) => (reply, None),
            Err(error) => {
                let again = Refusal { retry_after_ms: Some(RETRY_MS), ..Refusal::new(Code::Unavailable, now) };
                (again.into(), Some(error))
            }
        };
        let reply = match reply {
            Reply::Nothing => None,
            Reply::Frame(frame) => Some(write(&of_message(frame, client_id))?),
            Reply::Farewell(refusal) => {
                let last = of_message(ServerFrame::Error(refusal), client_id);
                let frame = Frame::new(write(&last)?);
                // An answer would come after the close: the reason is posted before it. Whether it arrives or not, they go.
                let posted = self.push.post(connection_id, &frame).await;
                self.push.close(connection_id).await?;
                return Ok(Heard { reply: None, trouble: trouble.or(posted.err().map(Error::from)) });
            }
        };
        Ok(Heard { reply, trouble })
    }

    async fn answer(&self, id: &str, frame: ClientFrame, now: Timestamp) -> Result<Reply> {
        let known = match &frame {
            ClientFrame::Chat { content, client_id } => return self.chat(id, content, client_id.clone(), now).await,
            ClientFrame::Ping { .. } => self.chat.connections.note_seen(id, now).await?,
            _ => self.chat.connections.connection(id).await?,
        };
        let Some(connection) = known else { return Ok(unknown(now)) };
        if connection.is_banned {
            return Ok(Reply::Farewell(Refusal::new(Code::Banned, now)));
        }
        match frame {
            ClientFrame::Hello { after, limit } => self.hello(connection, after, limit, now).await,
            ClientFrame::History { after, before, limit } => self.history(&connection, after, before, limit, now).await,
            ClientFrame::Delete { id } => self.delete(&connection, id, now).await,
            ClientFrame::Ping { t } => Ok(Reply::Frame(ServerFrame::Pong { t })),
            // It has had its answer above.
            ClientFrame::Chat { .. } => Ok(Reply::Nothing),
        }
    }

    /// Two calls of the table for a message that is taken: the turn, and the message.
    async fn chat(&self, id: &str, text: &str, client_id: Option<String>, now: Timestamp) -> Result<Reply> {
        let content = match content::content(text) {
            Ok(content) if client_id.as_deref().is_none_or(content::is_client_id) => content,
            // What is not even tried is counted as anything else.
            _ if !self.patience.has_more(id, now) => return Ok(too_much(now)),
            Ok(_) => return Ok(Refusal::new(Code::BadJson, now).into()),
            Err(code) => return Ok(Refusal::new(code, now).into()),
        };
        let connection = match self.chat.connections.take_turn(id, now).await? {
            Turn::Taken(connection) if connection.is_banned => {
                return Ok(Reply::Farewell(Refusal::new(Code::Banned, now)));
            }
            Turn::Taken(connection) => connection,
            Turn::TooSoon { again_at } => {
                let wait = Some(milliseconds(again_at.duration_since(now)).max(1));
                return Ok(Reply::Farewell(Refusal { retry_after_ms: wait, ..Refusal::new(Code::RateLimited, now) }));
            }
            Turn::Unknown => return Ok(unknown(now)),
        };
        let room = self.room(connection.stream_id, now).await?;
        let Some(person) = writer(&room, &connection) else {
            let code = if room.is_open(now) { Code::Forbidden } else { Code::ChatClosed };
            return Ok(Refusal::new(code, now).into());
        };
        if !room.is_shown_to(&person.roles) {
            return Ok(Reply::Farewell(Refusal::new(Code::Forbidden, now)));
        }
        if !room.is_open(now) {
            return Ok(Refusal::new(Code::ChatClosed, now).into());
        }
        let pause = SignedDuration::from_secs(i64::from(room.chat.slow_mode_seconds));
        if pause.is_positive() && !person.keeps_order() {
            let connections = &self.chat.connections;
            let turn = connections.take_slow_turn(room.id, &person.user_id, client_id.as_deref(), pause, now);
            if let Some(again_at) = turn.await? {
                let retry_after_ms = Some(milliseconds(again_at.duration_since(now)).max(1));
                return Ok(Refusal { retry_after_ms, ..Refusal::new(Code::SlowMode, now) }.into());
            }
        }
        let message = Message {
            // Taken as late as can be: what lies between this and the write is what can bring messages out of order.
            id: new_id(self.chat.clock.now()),
            stream_id: room.id,
            user_id: person.user_id.clone(),
            username: person.username.clone(),
            content,
            roles: person.roles.clone(),
            client_id,
            deleted_by: None,
        };
        match self.chat.messages.keep(&message).await? {
            Kept::Done => Ok(Reply::Nothing),
            // Its echo may have got lost: here it is again.
            Kept::Before(id) => match self.chat.messages.message(room.id, id).await? {
                Some(before) if before.deleted_by.is_none() => Ok(Reply::Frame(ServerFrame::said(&before))),
                // Somebody has deleted it meanwhile.
                _ => Ok(Refusal::new(Code::Forbidden, now).into()),
            },
        }
    }

    async fn hello(
        &self,
        connection: Connection,
        after: Option<MessageId>,
        limit: Option<usize>,
        now: Timestamp,
    ) -> Result<Reply> {
        let Some(limit) = limit_of(limit) else { return Ok(Refusal::new(Code::BadJson, now).into()) };
        let after = after.or(connection.after).map(|id| reachable(Position::Time(made_at(id) - OVERLAP), now));
        let (room, statistics, (history, more)) = futures_util::try_join!(
            async { Ok(self.chat.rooms.room(connection.stream_id).await?) },
            async { Ok(self.chat.rooms.statistics(connection.stream_id).await?) },
            self.page(connection.stream_id, after, None, limit, now),
        )?;
        let room = room.ok_or(Error::NotFound { what: "stream" })?;
        if !room.is_shown_to(roles(&connection)) {
            return Ok(Reply::Farewell(Refusal::new(Code::Forbidden, now)));
        }
        let can_write = room.is_open(now) && writer(&room, &connection).is_some();
        let (user_id, username, roles) = match connection.person {
            Some(Person { user_id, username, roles }) => (Some(user_id), Some(username), roles),
            None => (None, None, Vec::new()),
        };
        let welcome = Welcome {
            user_id,
            username,
            roles,
            can_write,
            status: room.status(now),
            slow_mode: room.chat.slow_mode_seconds,
            history,
            // The latest messages have nothing after them.
            more: more && after.is_some(),
        };
        let joined = Joined {
            stream_id: room.id,
            // Whoever asks is in the room, counted or not.
            count: statistics.viewer_count.max(1),
            timestamp: timestamp(now),
            more: Some(welcome),
        };
        Ok(Reply::Frame(ServerFrame::Joined(Box::new(joined))))
    }

    async fn history(
        &self,
        connection: &Connection,
        after: Option<MessageId>,
        before: Option<MessageId>,
        limit: Option<usize>,
        now: Timestamp,
    ) -> Result<Reply> {
        let Some(limit) = limit_of(limit).filter(|_| after.is_none() || before.is_none()) else {
            return Ok(Refusal::new(Code::BadJson, now).into());
        };
        let room = self.chat.rooms.room(connection.stream_id).await?.ok_or(Error::NotFound { what: "stream" })?;
        if !room.is_shown_to(roles(connection)) {
            return Ok(Reply::Farewell(Refusal::new(Code::Forbidden, now)));
        }
        let after = after.map(|id| reachable(Position::Message(id), now));
        let (messages, more) = self.page(room.id, after, before, limit, now).await?;
        Ok(Reply::Frame(ServerFrame::History { stream_id: room.id, messages, more }))
    }

    /// Messages after a position, else before one, else the latest; and whether there are more of them.
    async fn page(
        &self,
        room: StreamId,
        after: Option<Position>,
        before: Option<MessageId>,
        limit: usize,
        now: Timestamp,
    ) -> Result<(Vec<ServerFrame>, bool)> {
        let messages = &self.chat.messages;
        let mut found = match after {
            Some(after) => messages.messages_after(room, after, limit + 1, now).await?,
            None => messages.messages_before(room, before, limit + 1, now, true).await?,
        };
        let more = found.len() > limit;
        if more {
            // One was read to know that there is more.
            found.remove(if after.is_some() { limit } else { 0 });
        }
        Ok((found.iter().map(ServerFrame::said).collect(), more))
    }

    async fn delete(&self, connection: &Connection, message: MessageId, now: Timestamp) -> Result<Reply> {
        let refuse = |code| Ok(Refusal::new(code, now).into());
        let Some(person) = &connection.person else { return refuse(Code::Forbidden) };
        let Some(member) = person.member() else { return refuse(Code::Forbidden) };
        if !person.keeps_order() {
            let found = self.chat.messages.message(connection.stream_id, message).await?;
            if found.is_none_or(|found| found.user_id != person.user_id) {
                return refuse(Code::Forbidden);
            }
        }
        match self.chat.messages.unsay(connection.stream_id, message, member, now).await? {
            true => Ok(Reply::Nothing),
            false => refuse(Code::NotFound),
        }
    }

    /// A room as it was a few seconds ago at most.
    async fn room(&self, id: StreamId, now: Timestamp) -> Result<Room> {
        let believed = self.rooms.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some((at, room)) = believed
            && now.duration_since(at) < BELIEVED
        {
            return Ok(room);
        }
        let room = self.chat.rooms.room(id).await?.ok_or(Error::NotFound { what: "stream" })?;
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        if rooms.len() >= MAX_ROOMS {
            rooms.clear();
        }
        rooms.insert(id, (now, room.clone()));
        Ok(room)
    }
}

/// When a client is told to try again that met something that is down.
const RETRY_MS: u64 = 1000;

/// More than one client may ask.
fn too_much(now: Timestamp) -> Reply {
    Reply::Farewell(Refusal { retry_after_ms: Some(RETRY_MS), ..Refusal::new(Code::RateLimited, now) })
}

/// Nobody knows the connection: its client has to come again.
fn unknown(now: Timestamp) -> Reply {
    Reply::Farewell(Refusal::new(Code::NotFound, now))
}

/// Who may write in a room by this connection.
fn writer<'a>(room: &Room, connection: &'a Connection) -> Option<&'a Person> {
    connection.person.as_ref().filter(|person| !person.is_guest() || room.takes_guests())
}

/// What somebody is who has this connection.
fn roles(connection: &Connection) -> &[Role] {
    connection.person.as_ref().map_or(&[], |person| &person.roles)
}

/// Nothing older than messages live is looked for.
fn reachable(position: Position, now: Timestamp) -> Position {
    let oldest = now - MESSAGE_LIFE;
    match position {
        Position::Time(at) => Position::Time(at.max(oldest)),
        Position::Message(id) if made_at(id) < oldest => Position::Time(oldest),
        Position::Message(id) => Position::Message(id),
    }
}

fn limit_of(asked: Option<usize>) -> Option<usize> {
    Some(asked.unwrap_or(USUAL)).filter(|limit| (1..=MOST).contains(limit))
}

/// A refusal names the message it is about.
fn of_message(frame: ServerFrame, client_id: Option<String>) -> ServerFrame {
    match frame {
        ServerFrame::Error(refusal) => ServerFrame::Error(Refusal { client_id, ..refusal }),
        frame => frame,
    }
}

fn milliseconds(duration: SignedDuration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or_default()
}

fn write(frame: &ServerFrame) -> Result<String> {
    serde_json::to_string(frame).map_err(|error| Error::Internal(Box::new(error)))
}
