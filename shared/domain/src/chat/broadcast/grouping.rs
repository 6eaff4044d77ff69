//! Who is to be told what: changes of the table, put together by rooms.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::chat::Message;
use crate::chat::changes::Change;
use crate::chat::connection::Seat;
use crate::ids::{MessageId, StreamId, UserId};
use crate::stream::health::Sample;
use crate::stream::state::Event as StreamEvent;

/// Something a room is told.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Event {
    /// Something was said.
    Said(Message),
    /// Something is to be forgotten.
    Unsaid(MessageId),
    /// Somebody is banned.
    Banned { user_id: String, until: Option<Timestamp> },
    /// The stream has another status. Only the last one is told.
    Status,
    /// The room has another slow mode. Only the last one is told.
    SlowMode,
}

/// What happened to a room.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct News {
    /// The first of its changes.
    pub(super) first: usize,
    /// What everybody is told, in order.
    pub(super) events: Vec<Event>,
    /// Who came.
    pub(super) joined: Vec<Seat>,
    /// Whether somebody came or left.
    pub(super) is_dirty: bool,
    /// The newest measurement of the encoder's signal, for the owner.
    pub(super) sample: Option<Sample>,
}

/// What a batch of changes means.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Groups {
    /// By room.
    pub(super) rooms: BTreeMap<StreamId, News>,
    /// Whose connections end everywhere, each with the first change that says so.
    pub(super) signed_out: BTreeMap<UserId, usize>,
}

impl Groups {
    pub(super) fn of(changes: &[Change]) -> Self {
        let mut groups = Self::default();
        for (index, change) in changes.iter().enumerate() {
            match (change.stream_id(), change) {
                (Some(room), change) => {
                    groups.rooms.entry(room).or_insert_with(|| News { first: index, ..News::default() }).add(change);
                }
                (None, Change::SignedOut(user)) => drop(groups.signed_out.entry(*user).or_insert(index)),
                // Every other change has a room.
                (None, _) => {}
            }
        }
        groups
    }
}

impl News {
    /// Whether everybody in the room is told something.
    pub(super) fn is_public(&self) -> bool {
        !self.events.is_empty()
    }

    fn add(&mut self, change: &Change) {
        match change {
            Change::Said(message) => self.events.push(Event::Said(message.clone())),
            Change::Unsaid { id, .. } => self.events.push(Event::Unsaid(*id)),
            Change::Joined(seat) => {
                self.joined.push(seat.clone());
                self.is_dirty = true;
            }
            Change::Left { .. } => self.is_dirty = true,
            Change::Stream { event, .. } => match event.read::<StreamEvent>() {
                Ok(StreamEvent::StreamEdited(edit)) if edit.chat.is_none() => {}
                Ok(StreamEvent::StreamEdited(_)) => self.tell_last(Event::SlowMode),
                // A status is told as it is now; what led to it need not be understood.
                _ => self.tell_last(Event::Status),
            },
            Change::Banned { user_id, until, .. } => {
                self.events.push(Event::Banned { user_id: user_id.clone(), until: *until });
            }
            Change::Measured { sample, .. } => {
                if self.sample.as_ref().is_none_or(|known| known.at <= sample.at) {
                    self.sample = Some(sample.clone());
                }
            }
            // It has no room.
            Change::SignedOut(_) => {}
        }
    }

    /// What is told as it is now is told once.
    fn tell_last(&mut self, event: Event) {
        self.events.retain(|known| *known != event);
        self.events.push(event);
    }
}
