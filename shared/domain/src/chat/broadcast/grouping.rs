//! Who is to be told what: changes of the table, put together by rooms.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::chat::Message;
use crate::chat::changes::Change;
use crate::chat::connection::Seat;
use crate::ids::{MessageId, StreamId, UserId};
use crate::stream::Visibility;
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
    /// Whether people who are in the room may not be any more.
    pub(super) may_shut_out: bool,
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
        groups.rooms.values_mut().for_each(News::put_in_order);
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
                Ok(StreamEvent::StreamEdited(edit)) => {
                    self.may_shut_out |= edit.visibility == Some(Visibility::Private);
                    if edit.chat.is_some_and(|chat| chat.slow_mode_seconds.is_some()) {
                        self.tell_last(Event::SlowMode);
                    }
                }
                Ok(StreamEvent::StreamDeleted {}) => {
                    self.may_shut_out = true;
                    self.tell_last(Event::Status);
                }
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

    /// Messages are stamped before they are stored, many at once, so changes come in another order than the history's.
    /// What is told beside them comes after: a message is not taken back before it is said.
    fn put_in_order(&mut self) {
        self.events.sort_by_key(|event| match event {
            Event::Said(message) => (false, Some(message.id)),
            _ => (true, None),
        });
    }

    /// What is told as it is now is told once.
    fn tell_last(&mut self, event: Event) {
        self.events.retain(|known| *known != event);
        self.events.push(event);
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::ids::new_id;
    use crate::outbox::DomainEvent;
    use crate::stream::state::{ChatEdit, Edit};

    fn now() -> Timestamp {
        "2026-11-21T10:00:00Z".parse().unwrap()
    }

    /// A message that is numbered by the second it was taken in.
    fn said(stream_id: StreamId, second: i64) -> Change {
        Change::Said(Message {
            id: new_id(now() + SignedDuration::from_secs(second)),
            stream_id,
            user_id: "guest:a".into(),
            username: "A".into(),
            content: second.to_string(),
            roles: Vec::new(),
            client_id: None,
            deleted_by: None,
        })
    }

    fn stream(stream_id: StreamId, event: &StreamEvent) -> Change {
        Change::Stream { stream_id, event: DomainEvent::record(event, now()).unwrap() }
    }

    fn contents(news: &News) -> Vec<String> {
        let content = |event: &Event| match event {
            Event::Said(message) => message.content.clone(),
            other => format!("{other:?}"),
        };
        news.events.iter().map(content).collect()
    }

    #[test]
    fn each_room_has_its_own_news_in_order() {
        let (a, b) = (new_id(now()), new_id(now()));
        let groups = Groups::of(&[said(a, 1), said(b, 2), said(a, 3), Change::Left { stream_id: b }]);
        assert_eq!(contents(&groups.rooms[&a]), ["1", "3"]);
        assert_eq!(contents(&groups.rooms[&b]), ["2"]);
        assert_eq!((groups.rooms[&a].first, groups.rooms[&b].first), (0, 1));
        assert_eq!((groups.rooms[&a].is_dirty, groups.rooms[&b].is_dirty), (false, true));
        assert_eq!(Groups::of(&[]), Groups::default());
    }

    #[test]
    fn messages_that_were_stored_out_of_order_are_told_in_order() {
        let (room, gone) = (new_id(now()), new_id(now()));
        let unsaid = Change::Unsaid { stream_id: room, id: gone };
        let groups = Groups::of(&[said(room, 3), said(room, 1), unsaid, said(room, 2)]);
        let told = contents(&groups.rooms[&room]);
        assert_eq!(told[..3], ["1", "2", "3"]);
        assert!(told[3].starts_with("Unsaid"), "{told:?}");
    }

    #[test]
    fn what_is_told_as_it_is_now_is_told_once() {
        let room = new_id(now());
        let edit = |chat| stream(room, &StreamEvent::StreamEdited(Box::new(Edit { chat, ..Edit::default() })));
        let slow = ChatEdit { slow_mode_seconds: Some(5), ..ChatEdit::default() };
        let groups = Groups::of(&[
            stream(room, &StreamEvent::StreamStarting {}),
            edit(Some(slow.clone())),
            edit(None),
            edit(Some(ChatEdit { enabled: Some(true), ..ChatEdit::default() })),
            said(room, 1),
            stream(room, &StreamEvent::StreamStopped {}),
            edit(Some(slow)),
        ]);
        assert_eq!(contents(&groups.rooms[&room]), ["1", "Status", "SlowMode"]);
    }

    #[test]
    fn an_event_of_tomorrow_is_a_status() {
        let room = new_id(now());
        let mut event = DomainEvent::record(&StreamEvent::StreamStopped {}, now()).unwrap();
        event.name = "StreamTransmogrified".into();
        let groups = Groups::of(&[Change::Stream { stream_id: room, event }]);
        assert_eq!(contents(&groups.rooms[&room]), ["Status"]);
    }

    #[test]
    fn the_newest_measurement_stays_whatever_the_order() {
        let room = new_id(now());
        let measured = |second: i64| Change::Measured {
            stream_id: room,
            sample: Sample {
                at: now() + SignedDuration::from_secs(second),
                period_ms: 2_000,
                bitrate_kbps: 2_500.0,
                fps: 30.0,
                width: 1280,
                height: 720,
                keyframe_ms: 2_000.0,
                drift_ms: 0.0,
            },
        };
        let groups = Groups::of(&[measured(2), measured(4), measured(0)]);
        let news = &groups.rooms[&room];
        assert_eq!(news.sample.as_ref().map(|sample| sample.at), Some(now() + SignedDuration::from_secs(4)));
        assert!(!news.is_public());
    }

    #[test]
    fn users_who_sign_out_have_no_room() {
        let user = new_id(now());
        let groups = Groups::of(&[said(new_id(now()), 1), Change::SignedOut(user), Change::SignedOut(user)]);
        assert_eq!(groups.signed_out, BTreeMap::from([(user, 1)]));
    }
}
