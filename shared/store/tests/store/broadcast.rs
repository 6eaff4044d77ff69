//! The fan-out on the real table, with connections that answer as they are told.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};
use skylark_domain::chat::Message;
use skylark_domain::chat::broadcast::{Broadcaster, Outcome};
use skylark_domain::chat::changes::Change;
use skylark_domain::chat::connection::{Connection, Person, Seat};
use skylark_domain::chat::room::Role;
use skylark_domain::ids::{StreamId, new_id};
use skylark_domain::outbox::DomainEvent;
use skylark_domain::ports::{Clock, Connections, Posted, Rooms};
use skylark_domain::stream::Visibility;
use skylark_domain::stream::health::Sample;
use skylark_domain::stream::state::{Edit, Event as StreamEvent};
use skylark_domain::testing::{FakeSockets, FixedClock, SentCounts};
use skylark_store::Table;

use crate::live::{Studio, studio};
use crate::world::now;

struct Hall {
    studio: Studio,
    room: StreamId,
    sockets: Arc<FakeSockets>,
    counts: Arc<SentCounts>,
    clock: Arc<FixedClock>,
    broadcaster: Broadcaster,
}

async fn hall() -> Hall {
    let studio = studio().await;
    let room = studio.stream("Sunrise").await.id;
    let (sockets, counts) = (Arc::<FakeSockets>::default(), Arc::<SentCounts>::default());
    let clock = Arc::new(FixedClock::at(now()));
    let broadcaster = process(&studio.world.table, &sockets, &counts, &clock);
    Hall { studio, room, sockets, counts, clock, broadcaster }
}

fn process(
    table: &Table,
    sockets: &Arc<FakeSockets>,
    counts: &Arc<SentCounts>,
    clock: &Arc<FixedClock>,
) -> Broadcaster {
    let table = Arc::new(table.clone());
    Broadcaster::new(table, sockets.clone(), counts.clone(), clock.clone(), clock.clone(), 10_000)
}

impl Hall {
    fn table(&self) -> &Table {
        &self.studio.world.table
    }

    /// Another process of the function.
    fn other(&self) -> Broadcaster {
        process(self.table(), &self.sockets, &self.counts, &self.clock)
    }

    async fn enter(&self, id: &str, is_batch: bool, person: Option<Person>) -> Change {
        let now = self.clock.now();
        let is_owner = person.as_ref().is_some_and(|person| person.roles.contains(&Role::Owner));
        let connection = Connection {
            id: id.to_owned(),
            stream_id: self.room,
            shard: 0,
            person,
            is_banned: false,
            is_batch,
            after: None,
            connected_at: now,
            seen_at: now,
        };
        self.table().enter(&connection, None).await.unwrap();
        let seat = Seat {
            connection_id: id.to_owned(),
            stream_id: self.room,
            shard: 0,
            is_batch,
            is_owner,
            connected_at: now,
        };
        Change::Joined(seat)
    }

    /// People who are there for a while and were counted.
    async fn audience(&self, ids: &[&str]) {
        for id in ids {
            self.enter(id, id.starts_with('b'), None).await;
        }
        self.wait(60);
        self.broadcaster.broadcast(&[Change::Left { stream_id: self.room }]).await;
        self.wait(60);
        self.taken();
    }

    fn wait(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }

    fn said(&self, content: &str) -> Change {
        Change::Said(Message {
            id: new_id(self.clock.now()),
            stream_id: self.room,
            user_id: "guest:a".into(),
            username: "A".into(),
            content: content.into(),
            roles: Vec::new(),
            client_id: None,
            deleted_by: None,
        })
    }

    /// What each connection took since the last look.
    fn taken(&self) -> BTreeMap<String, Vec<Value>> {
        let mut taken: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for (id, text) in std::mem::take(&mut *self.sockets.taken.lock().unwrap()) {
            taken.entry(id).or_default().push(serde_json::from_str(&text).unwrap());
        }
        taken
    }

    fn answers(&self, id: &str, answers: &[Option<Posted>]) {
        self.sockets.answers.lock().unwrap().insert(id.to_owned(), VecDeque::from(answers.to_vec()));
    }

    async fn seats(&self) -> Vec<String> {
        let seats = self.table().seats(self.room, 0, self.clock.now()).await.unwrap();
        seats.into_iter().map(|seat| seat.connection_id).collect()
    }
}

fn types(frames: &[Value]) -> Vec<&str> {
    frames.iter().map(|frame| frame["type"].as_str().unwrap()).collect()
}

fn count_of(frames: &[Value]) -> Option<u64> {
    frames.iter().rev().find(|frame| frame["type"] == "VIEW_UPDATE")?["count"].as_u64()
}

fn is_quiet(outcome: &Outcome) -> bool {
    outcome.failed.is_empty() && outcome.troubles.is_empty()
}

fn owner(hall: &Hall) -> Person {
    Person { user_id: hall.studio.user.to_string(), username: "ada".into(), roles: vec![Role::Owner] }
}

fn member(hall: &Hall) -> Person {
    Person { user_id: hall.studio.user.to_string(), username: "ada".into(), roles: Vec::new() }
}

#[tokio::test]
async fn everybody_is_told_in_order_and_in_one_frame_if_they_take_it() {
    let hall = hall().await;
    hall.audience(&["a", "b"]).await;
    let changes = ["1", "2", "3"].map(|content| {
        hall.wait(1);
        hall.said(content)
    });
    let outcome = hall.broadcaster.broadcast(&changes).await;
    assert!(is_quiet(&outcome), "{outcome:?}");
    assert_eq!(outcome.told[0].posted, 4);
    let taken = hall.taken();
    let contents: Vec<_> = taken["a"].iter().map(|frame| frame["content"].as_str().unwrap()).collect();
    assert_eq!(contents, ["1", "2", "3"]);
    assert_eq!(types(&taken["b"]), ["BATCH"]);
    assert_eq!(taken["b"][0]["messages"], Value::Array(taken["a"].clone()));
}

#[tokio::test]
async fn a_stream_that_changed_and_a_message_that_was_deleted_are_told() {
    let hall = hall().await;
    hall.audience(&["b"]).await;
    let deleted = new_id(hall.clock.now());
    let changes = [
        Change::Stream {
            stream_id: hall.room,
            event: DomainEvent {
                id: new_id(hall.clock.now()),
                name: "StreamStarting".into(),
                at: hall.clock.now(),
                correlation_id: None,
                data: json!({}),
            },
        },
        Change::Unsaid { stream_id: hall.room, id: deleted },
    ];
    assert!(is_quiet(&hall.broadcaster.broadcast(&changes).await));
    let taken = hall.taken();
    let messages = taken["b"][0]["messages"].as_array().unwrap();
    assert_eq!(types(messages), ["STREAM_STATUS", "MESSAGE_DELETED"]);
    assert_eq!(messages[0]["state"], "CREATED");
    assert_eq!(messages[1]["id"], deleted.to_string());
}

#[tokio::test]
async fn frames_of_a_room_are_a_window_apart() {
    let hall = hall().await;
    hall.audience(&["b"]).await;
    hall.table().note_total_connections(12_000).await.unwrap();
    let begin = hall.clock.now();
    hall.broadcaster.broadcast(&[hall.said("1")]).await;
    assert_eq!(hall.clock.now(), begin, "the first goes at once");
    hall.broadcaster.broadcast(&[hall.said("2")]).await;
    assert_eq!(hall.clock.now().duration_since(begin), SignedDuration::from_secs(2));
    assert_eq!(hall.taken()["b"].len(), 2);
}

#[tokio::test]
async fn who_will_not_say_hello_is_welcomed_and_the_first_count_is_told_at_once() {
    let hall = hall().await;
    let (silent, modern) = (hall.enter("a", false, None).await, hall.enter("b", true, None).await);
    assert!(is_quiet(&hall.broadcaster.broadcast(&[silent, modern]).await));
    let taken = hall.taken();
    assert_eq!(types(&taken["a"]), ["JOINED", "VIEW_UPDATE"]);
    assert_eq!((taken["a"][0]["count"].as_u64(), count_of(&taken["a"])), (Some(1), Some(2)));
    assert_eq!(types(&taken["b"]), ["VIEW_UPDATE"]);
    assert_eq!(hall.table().statistics(hall.room).await.unwrap().viewer_count, 2);
    assert_eq!(hall.table().busy_rooms(hall.clock.now()).await.unwrap(), [hall.room]);
}

#[tokio::test]
async fn viewers_are_counted_every_three_seconds_and_the_last_count_always_comes() {
    let hall = hall().await;
    let first = hall.enter("b0", true, None).await;
    hall.broadcaster.broadcast(&[first]).await;
    assert_eq!(count_of(&hall.taken()["b0"]), Some(1));
    let noted = hall.table().statistics(hall.room).await.unwrap();
    for n in 1..=5 {
        hall.clock.advance(SignedDuration::from_millis(200));
        let joined = hall.enter(&format!("b{n}"), true, None).await;
        hall.broadcaster.broadcast(std::slice::from_ref(&joined)).await;
    }
    assert!(hall.taken().is_empty());
    assert_eq!(hall.table().statistics(hall.room).await.unwrap(), noted, "nothing was written");
    let sent = std::mem::take(&mut *hall.counts.0.lock().unwrap());
    let [(due, delay)] = sent[..] else { panic!("one message for all: {sent:?}") };
    assert_eq!(Some(due.at), noted.next_count_at);
    assert_eq!(delay, Duration::from_millis(2_800));

    // Another process takes it, a little too early.
    let other = hall.other();
    assert!(is_quiet(&other.count_due(&due).await.unwrap()));
    assert!(hall.clock.now() >= due.at);
    let taken = hall.taken();
    assert_eq!(taken.len(), 6);
    assert!(taken.values().all(|frames| count_of(frames) == Some(6)));
    let statistics = hall.table().statistics(hall.room).await.unwrap();
    assert_eq!((statistics.viewer_count, statistics.peak), (6, 6));

    // The message comes once more: nothing is left to do, and no other message is sent.
    assert!(other.count_due(&due).await.unwrap().told.is_empty());
    assert!(hall.taken().is_empty() && hall.counts.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_count_rides_with_what_is_said_and_is_not_told_twice() {
    let hall = hall().await;
    hall.audience(&["b1", "b2"]).await;
    let joined = hall.enter("b3", true, None).await;
    hall.broadcaster.broadcast(&[hall.said("hi"), joined]).await;
    let taken = hall.taken();
    assert_eq!(types(taken["b1"][0]["messages"].as_array().unwrap()), ["CHAT_BROADCAST", "VIEW_UPDATE"]);
    hall.wait(10);
    // Somebody left and somebody came.
    let left = Change::Left { stream_id: hall.room };
    hall.broadcaster.broadcast(std::slice::from_ref(&left)).await;
    assert!(hall.taken().is_empty());
    assert_eq!(hall.table().statistics(hall.room).await.unwrap().peak, 3);
}

#[tokio::test]
async fn who_loses_the_race_to_count_sees_to_a_later_count() {
    let hall = hall().await;
    hall.audience(&["b1"]).await;
    let other = hall.other();
    let (one, two) = (hall.enter("b2", true, None).await, hall.enter("b3", true, None).await);
    other.broadcast(&[one]).await;
    // This process still believes what it read before.
    let outcome = hall.broadcaster.broadcast(&[two]).await;
    assert!(is_quiet(&outcome), "{outcome:?}");
    let sent = hall.counts.0.lock().unwrap().clone();
    let [(due, _)] = sent[..] else { panic!("{sent:?}") };
    assert_eq!(due.at, hall.clock.now() + SignedDuration::from_secs(3));
}

#[tokio::test]
async fn the_dead_are_removed_in_one_pass_and_the_young_are_given_time() {
    let hall = hall().await;
    let dead: Vec<String> = (0..30).map(|n| format!("d{n}")).collect();
    let dead: Vec<&str> = dead.iter().map(String::as_str).collect();
    hall.audience(&["b", "a"]).await;
    hall.audience(&dead).await;
    dead.iter().for_each(|id| hall.answers(id, &[Some(Posted::Gone)]));
    let late = hall.enter("late", false, None).await;
    let never = hall.enter("never", true, None).await;
    hall.answers("late", &[Some(Posted::Gone), Some(Posted::Gone), Some(Posted::Gone), Some(Posted::Done)]);
    hall.answers("never", &[Some(Posted::Gone)]);
    let outcome = hall.broadcaster.broadcast(&[late, never, hall.said("hi")]).await;
    assert!(is_quiet(&outcome), "{outcome:?}");
    assert_eq!((outcome.told[0].gone, outcome.late.len()), (30, 2));
    assert_eq!(hall.seats().await, ["a", "b", "late", "never"]);
    assert_eq!(hall.table().connection("d7").await.unwrap(), None);

    let begin = hall.clock.now();
    hall.taken();
    hall.broadcaster.deliver_late(outcome.late).await.unwrap();
    assert_eq!(hall.clock.now().duration_since(begin), SignedDuration::from_secs(3));
    assert_eq!(types(&hall.taken()["late"]), ["JOINED", "CHAT_BROADCAST", "VIEW_UPDATE"]);
    assert_eq!(hall.seats().await, ["a", "b", "late"]);
}

#[tokio::test]
async fn a_full_client_misses_a_frame_and_an_error_makes_nothing_come_again() {
    let hall = hall().await;
    hall.audience(&["b", "busy", "bfull", "bbroken"]).await;
    hall.answers("busy", &[Some(Posted::Throttled), Some(Posted::Throttled), Some(Posted::Done)]);
    hall.answers("bfull", &[Some(Posted::Throttled)]);
    hall.answers("bbroken", &[None]);
    let outcome = hall.broadcaster.broadcast(&[hall.said("hi")]).await;
    let told = outcome.told[0];
    assert_eq!((told.posted, told.throttled, told.failed, outcome.failed.len()), (2, 1, 1, 0));
    assert_eq!(hall.taken().into_keys().collect::<Vec<_>>(), ["b", "busy"]);
    assert_eq!(hall.seats().await.len(), 4);
}

#[tokio::test]
async fn only_a_room_whose_connections_cannot_be_read_is_served_again() {
    let mut hall = hall().await;
    hall.audience(&["b"]).await;
    let elsewhere = Change::Said(Message { stream_id: new_id(hall.clock.now()), ..message(&hall.said("x")) });
    let outcome = hall.broadcaster.broadcast(&[elsewhere.clone(), hall.said("1")]).await;
    assert!(is_quiet(&outcome), "a room that is gone is told nothing: {outcome:?}");
    hall.taken();

    let broken = Table::new(&hall.studio.world.config, "no-such-table".into());
    hall.broadcaster.connections = Arc::new(broken);
    let signed_out = Change::SignedOut(hall.studio.user);
    let outcome = hall.broadcaster.broadcast(&[elsewhere, hall.said("1"), hall.said("2"), signed_out]).await;
    assert_eq!(outcome.failed, [1, 3]);
    assert!(hall.taken().is_empty());
}

fn message(change: &Change) -> Message {
    match change {
        Change::Said(message) => message.clone(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_banned_user_is_named_and_out() {
    let hall = hall().await;
    hall.audience(&["b"]).await;
    hall.enter("hers", true, Some(member(&hall))).await;
    let ban = |until| Change::Banned { stream_id: hall.room, user_id: hall.studio.user.to_string(), until };
    let over = hall.broadcaster.broadcast(&[ban(Some(hall.clock.now()))]).await;
    assert!(is_quiet(&over) && hall.sockets.closed.lock().unwrap().is_empty());
    hall.taken();
    assert!(is_quiet(&hall.broadcaster.broadcast(&[ban(None)]).await));
    let taken = hall.taken();
    assert_eq!(types(&taken["b"]), ["USER_BANNED"]);
    assert_eq!(taken["b"][0]["user_id"], hall.studio.user.to_string());
    assert_eq!(types(&taken["hers"])[0], "USER_BANNED");
    assert_eq!(*hall.sockets.closed.lock().unwrap(), ["hers", "hers"], "the first time its handshake may not be over");
    assert!(hall.table().connection("hers").await.unwrap().unwrap().is_banned);
}

#[tokio::test]
async fn a_ban_whose_connections_cannot_be_closed_comes_again() {
    let hall = hall().await;
    hall.enter("hers", true, Some(member(&hall))).await;
    hall.wait(60);
    hall.answers("hers", &[None]);
    let ban = Change::Banned { stream_id: hall.room, user_id: hall.studio.user.to_string(), until: None };
    assert_eq!(hall.broadcaster.broadcast(&[ban]).await.failed, [0]);
    assert!(hall.table().connection("hers").await.unwrap().unwrap().is_banned, "and is heard no more meanwhile");
}

#[tokio::test]
async fn a_stream_that_becomes_private_turns_strangers_out() {
    let hall = hall().await;
    hall.enter("hers", true, Some(owner(&hall))).await;
    hall.audience(&["b1", "b2"]).await;
    let stream = hall.studio.live.stream(Some(hall.studio.user), hall.room).await.unwrap();
    let edit = Edit { visibility: Some(Visibility::Private), ..Edit::default() };
    let event = DomainEvent::record(&StreamEvent::StreamEdited(Box::new(edit.clone())), now()).unwrap();
    let change = Change::Stream { stream_id: hall.room, event };
    assert!(is_quiet(&hall.broadcaster.broadcast(std::slice::from_ref(&change)).await));
    assert!(hall.sockets.closed.lock().unwrap().is_empty(), "it is not private yet");
    hall.studio.live.edit_stream(hall.studio.user, stream.id, None, edit).await.unwrap();
    hall.wait(60);
    assert!(is_quiet(&hall.broadcaster.broadcast(&[change]).await));
    let mut closed = hall.sockets.closed.lock().unwrap().clone();
    closed.sort();
    assert_eq!(closed, ["b1", "b2"]);
}

#[tokio::test]
async fn a_ban_does_not_wait_for_its_rooms_turn() {
    let hall = hall().await;
    hall.audience(&["b"]).await;
    hall.enter("hers", true, Some(member(&hall))).await;
    hall.table().note_total_connections(60_000).await.unwrap();
    hall.broadcaster.broadcast(&[hall.said("hi")]).await;
    hall.taken();
    let ban = Change::Banned { stream_id: hall.room, user_id: hall.studio.user.to_string(), until: None };
    hall.broadcaster.broadcast(&[ban]).await;
    let first = hall.sockets.taken.lock().unwrap()[0].0.clone();
    assert_eq!(first, "hers");
}

#[tokio::test]
async fn no_more_posts_go_out_than_the_quota_allows() {
    let mut hall = hall().await;
    hall.audience(&["a1", "a2", "a3", "a4", "a5"]).await;
    let table = Arc::new(hall.table().clone());
    let (sockets, counts, clock) = (hall.sockets.clone(), hall.counts.clone(), hall.clock.clone());
    hall.broadcaster = Broadcaster::new(table, sockets, counts, clock.clone(), clock, 100);
    let begin = hall.clock.now();
    hall.broadcaster.broadcast(&[hall.said("1"), hall.said("2"), hall.said("3")]).await;
    assert_eq!(hall.taken().values().map(Vec::len).sum::<usize>(), 15);
    // 60 a second; the first three go at once.
    assert!(hall.clock.now().duration_since(begin) >= SignedDuration::from_millis(195));
}

#[tokio::test]
async fn who_signs_out_is_out_of_every_room() {
    let hall = hall().await;
    hall.enter("hers", true, Some(member(&hall))).await;
    hall.enter("others", true, None).await;
    hall.wait(60);
    assert!(is_quiet(&hall.broadcaster.broadcast(&[Change::SignedOut(hall.studio.user)]).await));
    assert_eq!(*hall.sockets.closed.lock().unwrap(), ["hers"]);
}

#[tokio::test]
async fn measurements_are_for_the_owner_alone() {
    let hall = hall().await;
    hall.audience(&["b"]).await;
    hall.enter("owner", true, Some(owner(&hall))).await;
    let measured = Change::Measured {
        stream_id: hall.room,
        sample: Sample {
            at: hall.clock.now(),
            period_ms: 2_000,
            bitrate_kbps: 2_500.0,
            fps: 30.0,
            width: 1280,
            height: 720,
            keyframe_ms: 2_000.0,
            drift_ms: 1.0,
        },
    };
    assert!(is_quiet(&hall.broadcaster.broadcast(std::slice::from_ref(&measured)).await));
    let taken = hall.taken();
    assert_eq!(taken.keys().collect::<Vec<_>>(), ["owner"]);
    assert_eq!(taken["owner"][0]["bitrate_kbps"], 2_500.0);

    assert!(is_quiet(&hall.broadcaster.broadcast(&[measured, hall.said("hi")]).await));
    let taken = hall.taken();
    assert_eq!(types(&taken["b"]), ["CHAT_BROADCAST"]);
    assert_eq!(types(taken["owner"][0]["messages"].as_array().unwrap()), ["CHAT_BROADCAST", "INGEST_STATS"]);
}
