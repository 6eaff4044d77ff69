//! People come into rooms, are heard, and leave.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::SignedDuration;
use serde_json::{Value, json};
use skylark_domain::chat::connecting::{Arrival, Proof};
use skylark_domain::chat::connection::{Ban, Connection, Moderator, Person, Ticket};
use skylark_domain::chat::housekeeping::Caretaker;
use skylark_domain::chat::room::Role;
use skylark_domain::chat::talking::Talk;
use skylark_domain::chat::{Chat, MESSAGE_LIFE};
use skylark_domain::ids::{StreamId, UserId, new_id};
use skylark_domain::ports::{Frame, Posted, SocketPush};
use skylark_domain::stream::state::Edit;
use skylark_domain::stream::{ChatMode, Settings, State, Stream, Visibility};
use skylark_domain::testing::SentCounts;
use skylark_domain::token::digest;
use skylark_domain::{Error, PortError};

use crate::live::{Studio, studio};
use crate::world::now;

/// Remembers what was posted, and which connections were closed.
#[derive(Default)]
struct Posts(Mutex<Vec<(String, Value)>>, Mutex<BTreeSet<String>>);

#[async_trait]
impl SocketPush for Posts {
    async fn post(&self, connection_id: &str, frame: &Frame) -> Result<Posted, PortError> {
        let frame = serde_json::from_slice(frame.text()).unwrap();
        self.0.lock().unwrap().push((connection_id.to_owned(), frame));
        Ok(Posted::Done)
    }

    async fn is_open(&self, connection_id: &str) -> Result<bool, PortError> {
        Ok(!self.1.lock().unwrap().contains(connection_id))
    }

    async fn close(&self, connection_id: &str) -> Result<(), PortError> {
        self.1.lock().unwrap().insert(connection_id.to_owned());
        Ok(())
    }
}

struct Lounge {
    studio: Studio,
    chat: Chat,
    talk: Talk,
    posts: Arc<Posts>,
    stream: Stream,
}

async fn lounge(settings: Settings) -> Lounge {
    let studio = studio().await;
    let posts = Arc::<Posts>::default();
    let chat = Chat::new(Arc::new(studio.world.table.clone()), studio.clock.clone());
    let stream = studio.stream_with("Lounge", Visibility::Public, settings).await;
    Lounge { talk: Talk::new(chat.clone(), posts.clone()), chat, posts, stream, studio }
}

fn settings(mode: ChatMode, slow_mode_seconds: u32) -> Settings {
    let mut settings = Settings::default();
    (settings.chat.mode, settings.chat.slow_mode_seconds) = (mode, slow_mode_seconds);
    settings
}

fn member(id: UserId, roles: &[Role]) -> Option<Person> {
    Some(Person { user_id: id.to_string(), username: "ada".into(), roles: roles.to_vec() })
}

impl Lounge {
    fn pass(&self, by: SignedDuration) {
        self.studio.clock.advance(by);
    }

    async fn ticket(&self, secret: &str, room: StreamId, person: Option<Person>) {
        let expires_at = self.chat.clock.now() + SignedDuration::from_secs(60);
        let ticket = Ticket { digest: digest(secret), stream_id: room, person, expires_at };
        self.chat.connections.keep_ticket(&ticket).await.unwrap();
    }

    async fn arrive(&self, id: &str, proof: Proof) -> Result<Connection, Error> {
        let arrival =
            Arrival { connection_id: id.into(), stream_id: self.stream.id, proof, is_batch: false, after: None };
        self.chat.arrive(arrival).await
    }

    async fn enter(&self, id: &str, person: Option<Person>) {
        let trusted = person.iter().filter(|person| person.roles.contains(&Role::Moderator));
        for user_id in trusted.filter_map(Person::member) {
            let channel_id = self.stream.channel_id;
            let moderator = Moderator { channel_id, user_id, username: "mo".into(), appointed_at: now() };
            self.chat.rooms.appoint(&moderator).await.unwrap();
        }
        self.ticket(id, self.stream.id, person).await;
        self.arrive(id, Proof::Ticket(id.into())).await.unwrap();
    }

    async fn says(&self, id: &str, frame: Value) -> Value {
        let heard = self.talk.hear(id, &frame.to_string()).await.unwrap();
        assert!(heard.trouble.is_none(), "{:?}", heard.trouble);
        heard.reply.map_or(Value::Null, |reply| serde_json::from_str(&reply).unwrap())
    }

    async fn chat(&self, id: &str, content: &str) -> Value {
        self.says(id, json!({"type": "CHAT", "content": content})).await
    }

    async fn history(&self) -> Vec<String> {
        let now = self.chat.clock.now();
        let found = self.chat.messages.messages_before(self.stream.id, None, 1000, now, true).await.unwrap();
        found.into_iter().map(|message| message.content).collect()
    }
}

fn code(frame: &Value) -> &str {
    frame["code"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_ticket_opens_one_room_once_within_a_minute() {
    let lounge = lounge(Settings::default()).await;
    let by = |secret: &str| Proof::Ticket(secret.into());
    lounge.ticket("t-1", lounge.stream.id, None).await;
    let (first, second) = tokio::join!(lounge.arrive("c-1", by("t-1")), lounge.arrive("c-2", by("t-1")));
    let entered = [&first, &second].into_iter().filter(|arrived| arrived.is_ok()).count();
    assert_eq!(entered, 1, "{first:?} {second:?}");
    assert!(matches!(lounge.arrive("c-3", by("t-1")).await, Err(Error::Unauthenticated)));
    assert!(matches!(lounge.arrive("c-4", by("never")).await, Err(Error::Unauthenticated)));

    lounge.ticket("t-2", new_id(now()), None).await;
    assert!(matches!(lounge.arrive("c-5", by("t-2")).await, Err(Error::Unauthenticated)), "another room's");
    lounge.ticket("t-3", lounge.stream.id, None).await;
    lounge.pass(SignedDuration::from_secs(60));
    assert!(matches!(lounge.arrive("c-6", by("t-3")).await, Err(Error::Unauthenticated)), "too late");
    assert_eq!(lounge.chat.connections.seats(lounge.stream.id, 0, lounge.chat.clock.now()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_ticket_of_a_moderator_who_was_dismissed_opens_the_room_for_a_viewer() {
    let lounge = lounge(Settings::default()).await;
    lounge.ticket("t-1", lounge.stream.id, member(new_id(now()), &[Role::Moderator])).await;
    let connection = lounge.arrive("c-1", Proof::Ticket("t-1".into())).await.unwrap();
    let person = connection.person.unwrap();
    assert!(person.roles.is_empty());
    let found = lounge.chat.connections.connections_of(&person.user_id).await.unwrap();
    assert_eq!(found.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["c-1"]);
    lounge.chat.leave("c-1").await.unwrap();
    assert!(lounge.chat.connections.connections_of(&person.user_id).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_banned_and_those_above_the_cap_stay_outside() {
    let settings = Settings { max_concurrent_viewers: Some(1), ..Settings::default() };
    let lounge = lounge(settings).await;
    let (user, rooms) = (new_id(now()), &lounge.chat.rooms);
    let ban = Ban {
        channel_id: lounge.stream.channel_id,
        stream_id: lounge.stream.id,
        user_id: UserId::to_string(&user),
        banned_by: lounge.studio.user,
        banned_at: lounge.chat.clock.now(),
        until: Some(lounge.chat.clock.now() + SignedDuration::from_secs(30)),
    };
    rooms.keep_ban(&ban).await.unwrap();
    lounge.ticket("t-1", lounge.stream.id, member(user, &[])).await;
    let refused = lounge.arrive("c-1", Proof::Ticket("t-1".into())).await;
    assert!(matches!(refused, Err(Error::Refused { code: "banned", .. })), "{refused:?}");
    assert!(lounge.chat.connections.seats(lounge.stream.id, 0, lounge.chat.clock.now()).await.unwrap().is_empty());
    lounge.pass(SignedDuration::from_secs(30));
    lounge.enter("c-1", member(user, &[])).await;

    let before = rooms.statistics(lounge.stream.id).await.unwrap();
    assert!(rooms.note_count(lounge.stream.id, &before, 1, now()).await.unwrap());
    lounge.ticket("t-2", lounge.stream.id, None).await;
    let refused = lounge.arrive("c-2", Proof::Ticket("t-2".into())).await;
    assert!(matches!(refused, Err(Error::LimitReached { code: "viewer-cap-reached", .. })), "{refused:?}");
    lounge.enter("c-3", member(lounge.studio.user, &[Role::Owner])).await;
}

#[tokio::test]
async fn guests_write_where_they_may_and_five_come_from_one_address() {
    let closed = lounge(Settings::default()).await;
    let guest = |address: &str| Proof::Guest { user_id: "7".into(), username: None, address: address.into() };
    assert_eq!(closed.arrive("c-1", guest("a")).await.unwrap().person, None);
    assert_eq!(code(&closed.chat("c-1", "hi").await), "FORBIDDEN");

    let open = lounge(settings(ChatMode::Open, 0)).await;
    for number in 1..=5 {
        open.arrive(&format!("c-{number}"), guest("a")).await.unwrap();
    }
    assert!(matches!(open.arrive("c-6", guest("a")).await, Err(Error::RateLimited { .. })));
    let there = open.arrive("c-7", guest("b")).await.unwrap();
    assert_eq!(there.person.unwrap().username, "User_7");
    assert_eq!(open.chat("c-7", " hi ").await, Value::Null);
    assert_eq!(open.history().await, ["hi"]);
}

#[tokio::test]
async fn the_sixth_message_within_a_second_ends_the_connection() {
    let lounge = lounge(Settings::default()).await;
    lounge.enter("c-1", member(new_id(now()), &[])).await;
    for number in 0..5 {
        assert_eq!(lounge.chat("c-1", &format!("{number}")).await, Value::Null);
        lounge.pass(SignedDuration::from_millis(150));
    }
    // The first of the five was 999 ms ago.
    lounge.pass(SignedDuration::from_millis(249));
    assert_eq!(lounge.chat("c-1", "6").await, Value::Null);
    let (id, frame) = lounge.posts.0.lock().unwrap().pop().unwrap();
    assert_eq!((id.as_str(), code(&frame)), ("c-1", "RATE_LIMITED"));
    assert_eq!(frame["content"], "Rate limit exceeded. Connection closed.");
    assert_eq!(frame["retry_after_ms"], 1);
    assert!(!lounge.posts.is_open("c-1").await.unwrap());
    // Had it stayed open, it might speak again now.
    lounge.pass(SignedDuration::from_millis(1));
    assert_eq!(lounge.chat("c-1", "5").await, Value::Null);
    assert_eq!(lounge.history().await, ["0", "1", "2", "3", "4", "5"]);

    lounge.enter("c-2", member(lounge.studio.user, &[Role::Owner])).await;
    for _ in 0..20 {
        assert_eq!(lounge.chat("c-2", "order!").await, Value::Null);
    }
    assert_eq!(lounge.history().await.len(), 26);
}

#[tokio::test]
async fn a_resent_message_is_the_same_message() {
    let lounge = lounge(Settings::default()).await;
    lounge.enter("c-1", member(new_id(now()), &[])).await;
    let frame = json!({"type": "CHAT", "content": "once", "client_id": "x-1"});
    assert_eq!(lounge.says("c-1", frame.clone()).await, Value::Null);
    lounge.pass(SignedDuration::from_secs(2));
    let echo = lounge.says("c-1", frame.clone()).await;
    assert_eq!(
        (&echo["type"], &echo["content"], &echo["client_id"]),
        (&json!("CHAT_BROADCAST"), &json!("once"), &json!("x-1"))
    );
    assert_eq!(lounge.history().await, ["once"]);
    // After ten minutes nobody remembers.
    lounge.pass(SignedDuration::from_mins(10));
    assert_eq!(lounge.says("c-1", frame).await, Value::Null);
    assert_eq!(lounge.history().await, ["once", "once"]);
    let wrong = lounge.says("c-1", json!({"type": "CHAT", "content": "x", "client_id": ""})).await;
    assert_eq!(code(&wrong), "BAD_JSON");
}

#[tokio::test]
async fn slow_mode_waits_for_the_last_message_not_for_the_last_try() {
    let lounge = lounge(settings(ChatMode::Members, 10)).await;
    lounge.enter("c-1", member(new_id(now()), &[])).await;
    lounge.enter("c-2", member(new_id(now()), &[Role::Moderator])).await;
    assert_eq!(lounge.chat("c-1", "one").await, Value::Null);
    for waited in [4, 4] {
        lounge.pass(SignedDuration::from_secs(waited));
        let refused = lounge.says("c-1", json!({"type": "CHAT", "content": "two", "client_id": "x"})).await;
        assert_eq!((code(&refused), &refused["client_id"]), ("SLOW_MODE", &json!("x")));
    }
    assert_eq!(lounge.chat("c-1", "two").await["retry_after_ms"], 2000);
    lounge.pass(SignedDuration::from_secs(2));
    assert_eq!(lounge.chat("c-1", "two").await, Value::Null);
    for text in ["a", "b"] {
        lounge.pass(SignedDuration::from_millis(1));
        assert_eq!(lounge.chat("c-2", text).await, Value::Null);
    }
    // Trying is speaking, as far as the limit is concerned.
    for _ in 0..4 {
        lounge.pass(SignedDuration::from_millis(1));
        assert_eq!(code(&lounge.chat("c-1", "flood").await), "SLOW_MODE");
    }
    assert_eq!(lounge.chat("c-1", "flood").await, Value::Null);
    assert_eq!(code(&lounge.posts.0.lock().unwrap()[0].1), "RATE_LIMITED");
    assert_eq!(lounge.history().await, ["one", "two", "a", "b"]);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_costs_no_turn() {
    let lounge = lounge(Settings::default()).await;
    lounge.enter("c-1", member(new_id(now()), &[])).await;
    let said = |frame: &'static str| lounge.talk.hear("c-1", frame);
    let cases = [
        ("", "BAD_JSON"),
        ("hello", "BAD_JSON"),
        ("[]", "BAD_JSON"),
        (r#"{"type":7}"#, "BAD_JSON"),
        (r#"{"type":"CHAT"}"#, "BAD_JSON"),
        (r#"{"type":"CHAT","content":5}"#, "BAD_JSON"),
        (r#"{"type":"DELETE","id":"vid_1"}"#, "BAD_JSON"),
        (r#"{"type":"HISTORY","limit":0}"#, "BAD_JSON"),
        (r#"{"type":"HISTORY","limit":101}"#, "BAD_JSON"),
        (r#"{"type":"chat","content":"x"}"#, "UNKNOWN_TYPE"),
        (r#"{"type":"CHAT","content":"  "}"#, "EMPTY"),
    ];
    for (frame, wanted) in cases.into_iter().chain(cases) {
        let reply = said(frame).await.unwrap().reply.unwrap();
        assert_eq!(code(&serde_json::from_str(&reply).unwrap()), wanted, "{frame}");
    }
    assert_eq!(code(&lounge.chat("c-1", &"x".repeat(201)).await), "TOO_LONG");
    for _ in 0..5 {
        assert_eq!(lounge.chat("c-1", &"\u{1f30a}".repeat(200)).await, Value::Null);
    }
}

#[tokio::test]
async fn hello_is_answered_with_the_room_and_what_was_said() {
    let lounge = lounge(settings(ChatMode::Members, 0)).await;
    let user = new_id(now());
    lounge.enter("c-1", member(user, &[])).await;
    lounge.enter("c-2", member(lounge.studio.user, &[Role::Owner])).await;
    for number in 0..120 {
        lounge.chat("c-2", &format!("{number}")).await;
        lounge.pass(SignedDuration::from_millis(100));
    }
    let joined = lounge.says("c-1", json!({"type": "HELLO"})).await;
    assert_eq!(
        [&joined["type"], &joined["stream_id"], &joined["user_id"], &joined["roles"], &joined["status"]],
        [
            &json!("JOINED"),
            &json!(lounge.stream.id.to_string()),
            &json!(user.to_string()),
            &json!([]),
            &json!("OFFLINE")
        ]
    );
    assert_eq!([&joined["can_write"], &joined["more"], &joined["slow_mode"]], [&json!(true), &json!(false), &json!(0)]);
    let contents = |frame: &Value, list: &str| -> Vec<u32> {
        frame[list].as_array().unwrap().iter().map(|one| one["content"].as_str().unwrap().parse().unwrap()).collect()
    };
    assert_eq!(contents(&joined, "history"), (70..120).collect::<Vec<_>>());

    // Five seconds before the last one that was seen, and on page by page, without a gap and without a circle.
    let seen = &joined["history"][30];
    assert_eq!(seen["content"], "100");
    let mut page = lounge.says("c-1", json!({"type": "HELLO", "after": seen["id"], "limit": 30})).await;
    assert_eq!((contents(&page, "history"), &page["more"]), ((50..80).collect(), &json!(true)));
    let (mut all, mut list) = (Vec::new(), "history");
    loop {
        all.extend(contents(&page, list));
        if page["more"] == false {
            break;
        }
        let last = page[list].as_array().unwrap().last().unwrap()["id"].clone();
        page = lounge.says("c-1", json!({"type": "HISTORY", "after": last, "limit": 30})).await;
        list = "messages";
    }
    assert_eq!(all, (50..120).collect::<Vec<_>>());

    let older = lounge.says("c-1", json!({"type": "HISTORY", "before": joined["history"][0]["id"]})).await;
    assert_eq!((contents(&older, "messages"), &older["more"]), ((20..70).collect(), &json!(true)));
    let first = lounge.says("c-1", json!({"type": "HISTORY", "before": older["messages"][0]["id"]})).await;
    assert_eq!((contents(&first, "messages"), &first["more"]), ((0..20).collect(), &json!(false)));
}

#[tokio::test]
async fn what_is_deleted_or_a_week_old_is_not_shown() {
    let lounge = lounge(Settings::default()).await;
    for (id, person) in [
        ("author", member(new_id(now()), &[])),
        ("other", member(new_id(now()), &[])),
        ("moderator", member(new_id(now()), &[Role::Moderator])),
        ("reader", None),
    ] {
        lounge.enter(id, person).await;
    }
    for text in ["a", "b", "c"] {
        lounge.chat("author", text).await;
        lounge.pass(SignedDuration::from_secs(1));
    }
    let history = lounge.says("reader", json!({"type": "HISTORY"})).await;
    let delete = |n: usize| json!({"type": "DELETE", "id": history["messages"][n]["id"]});
    assert_eq!(code(&lounge.says("other", delete(0)).await), "FORBIDDEN");
    assert_eq!(code(&lounge.says("reader", delete(0)).await), "FORBIDDEN");
    assert_eq!(lounge.says("author", delete(0)).await, Value::Null);
    assert_eq!(lounge.says("moderator", delete(1)).await, Value::Null);
    assert_eq!(code(&lounge.says("moderator", delete(1)).await), "NOT_FOUND");
    assert_eq!(lounge.history().await, ["c"]);
    lounge.pass(MESSAGE_LIFE);
    assert!(lounge.history().await.is_empty(), "DynamoDB deletes late");
}

#[tokio::test]
async fn a_room_closes_ten_minutes_after_its_stream() {
    let lounge = lounge(Settings::default()).await;
    lounge.enter("c-1", member(new_id(now()), &[])).await;
    let live = &lounge.studio.live;
    lounge.studio.says("st-1", 1, skylark_domain::stream::session::News::Started).await;
    live.stop(lounge.studio.user, lounge.stream.id, None, None).await.unwrap();
    assert_ne!(lounge.studio.reload(&lounge.stream).await.state, State::Created);
    lounge.pass(SignedDuration::from_mins(9));
    assert_eq!(lounge.chat("c-1", "still here").await, Value::Null);
    lounge.pass(SignedDuration::from_mins(2));
    assert_eq!(code(&lounge.chat("c-1", "nobody").await), "CHAT_CLOSED");
    let joined = lounge.says("c-1", json!({"type": "HELLO"})).await;
    assert_eq!((&joined["can_write"], &joined["status"]), (&json!(false), &json!("ENDED")));
}

#[tokio::test]
async fn whoever_is_not_known_has_to_come_again() {
    let lounge = lounge(Settings::default()).await;
    lounge.enter("c-1", None).await;
    assert_eq!(lounge.says("c-1", json!({"type": "PING", "t": 5})).await, json!({"type": "PONG", "t": 5}));
    lounge.chat.leave("c-1").await.unwrap();
    lounge.chat.leave("c-1").await.unwrap();
    assert!(lounge.chat.connections.seats(lounge.stream.id, 0, lounge.chat.clock.now()).await.unwrap().is_empty());
    for frame in [json!({"type": "PING"}), json!({"type": "HELLO"}), json!({"type": "CHAT", "content": "x"})] {
        assert_eq!(lounge.says("c-1", frame).await, Value::Null);
        let (id, last) = lounge.posts.0.lock().unwrap().pop().unwrap();
        assert_eq!((id.as_str(), code(&last)), ("c-1", "NOT_FOUND"));
    }
    assert!(!lounge.posts.is_open("c-1").await.unwrap());
}

#[tokio::test]
async fn shards_grow_and_outlive_changes_of_the_stream() {
    let lounge = lounge(Settings::default()).await;
    let rooms = &lounge.chat.rooms;
    for (wanted, there) in [(3, 3), (2, 3), (4, 4)] {
        rooms.raise_shards(lounge.stream.id, wanted).await.unwrap();
        assert_eq!(rooms.room(lounge.stream.id).await.unwrap().unwrap().connection_shards, there);
    }
    lounge.studio.says("st-1", 1, skylark_domain::stream::session::News::Started).await;
    let room = rooms.room(lounge.stream.id).await.unwrap().unwrap();
    assert_eq!((room.state, room.connection_shards), (State::Running, 4));
    for number in 0..40 {
        lounge.enter(&format!("R{number:06}"), None).await;
    }
    let mut counts = Vec::new();
    for shard in 0..4 {
        let seats = lounge.chat.connections.seats(lounge.stream.id, shard, lounge.chat.clock.now()).await.unwrap();
        counts.push(seats.len());
    }
    assert_eq!(counts.iter().sum::<usize>(), 40);
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
    let seats = lounge.chat.connections.seats(lounge.stream.id, 2, lounge.chat.clock.now()).await.unwrap();
    lounge.chat.connections.remove(&seats).await.unwrap();
    let left = lounge.chat.connections.seats(lounge.stream.id, 2, lounge.chat.clock.now()).await.unwrap();
    assert!(left.is_empty());
    assert_eq!(lounge.chat.connections.connection(&seats[0].connection_id).await.unwrap(), None);
}

#[tokio::test]
async fn slow_mode_is_a_persons_and_not_a_connections() {
    let lounge = lounge(settings(ChatMode::Members, 10)).await;
    let user = new_id(now());
    for id in ["c-1", "c-2"] {
        lounge.enter(id, member(user, &[])).await;
    }
    assert_eq!(lounge.says("c-1", json!({"type": "CHAT", "content": "a", "client_id": "x"})).await, Value::Null);
    lounge.pass(SignedDuration::from_secs(1));
    assert_eq!(code(&lounge.chat("c-2", "b").await), "SLOW_MODE");
    // Its echo got lost: it is the same message, not another.
    let echo = lounge.says("c-2", json!({"type": "CHAT", "content": "a", "client_id": "x"})).await;
    assert_eq!(echo["type"], "CHAT_BROADCAST");
    assert_eq!(lounge.history().await, ["a"]);
}

#[tokio::test]
async fn one_person_has_twenty_connections_and_no_more() {
    let lounge = lounge(Settings::default()).await;
    let user = new_id(now());
    for number in 0..20 {
        lounge.enter(&format!("c-{number}"), member(user, &[])).await;
    }
    lounge.ticket("more", lounge.stream.id, member(user, &[])).await;
    let refused = lounge.arrive("c-20", Proof::Ticket("more".into())).await;
    assert!(matches!(refused, Err(Error::LimitReached { code: "connection-limit-reached", .. })), "{refused:?}");
    lounge.chat.leave("c-0").await.unwrap();
    lounge.arrive("c-20", Proof::Ticket("more".into())).await.unwrap();
}

#[tokio::test]
async fn connections_that_were_found_to_be_gone_keep_nobody_out() {
    let lounge = lounge(Settings::default()).await;
    let user = new_id(now());
    for number in 0..20 {
        lounge.enter(&format!("c-{number}"), member(user, &[])).await;
    }
    let table = &lounge.chat.connections;
    let seats = table.seats(lounge.stream.id, 0, now()).await.unwrap();
    table.remove(&seats[..1]).await.unwrap();
    lounge.ticket("more", lounge.stream.id, member(user, &[])).await;
    lounge.arrive("c-20", Proof::Ticket("more".into())).await.unwrap();
}

#[tokio::test]
async fn asking_without_end_ends_the_connection() {
    let lounge = lounge(Settings::default()).await;
    lounge.enter("c-1", None).await;
    for _ in 0..30 {
        assert_eq!(lounge.says("c-1", json!({"type": "HISTORY"})).await["type"], "HISTORY");
    }
    assert_eq!(lounge.says("c-1", json!({"type": "HISTORY"})).await, Value::Null);
    let (id, last) = lounge.posts.0.lock().unwrap().pop().unwrap();
    assert_eq!((id.as_str(), code(&last)), ("c-1", "RATE_LIMITED"));
    assert!(!lounge.posts.is_open("c-1").await.unwrap());
}

#[tokio::test]
async fn who_is_banned_or_may_not_know_of_the_room_is_not_heard() {
    let lounge = lounge(Settings::default()).await;
    lounge.enter("c-1", member(new_id(now()), &[])).await;
    lounge.enter("c-2", member(new_id(now()), &[])).await;
    let connection = lounge.chat.connections.connection("c-1").await.unwrap().unwrap();
    lounge.chat.connections.note_banned(&connection).await.unwrap();
    let edit = Edit { visibility: Some(Visibility::Private), ..Edit::default() };
    lounge.studio.live.edit_stream(lounge.studio.user, lounge.stream.id, None, edit).await.unwrap();
    for (id, wanted) in [("c-1", "BANNED"), ("c-2", "FORBIDDEN")] {
        for frame in [json!({"type": "CHAT", "content": "x"}), json!({"type": "HELLO"}), json!({"type": "HISTORY"})] {
            assert_eq!(lounge.says(id, frame).await, Value::Null);
            let (to, last) = lounge.posts.0.lock().unwrap().pop().unwrap();
            assert_eq!((to.as_str(), code(&last)), (id, wanted));
        }
    }
    assert!(lounge.history().await.is_empty());
}

#[tokio::test]
async fn the_housekeeper_finds_connections_that_are_gone() {
    let lounge = lounge(Settings::default()).await;
    let counts = Arc::<SentCounts>::default();
    let caretaker = Caretaker { chat: lounge.chat.clone(), push: lounge.posts.clone(), late_counts: counts.clone() };
    let (room, rooms) = (lounge.stream.id, &lounge.chat.rooms);
    rooms.note_busy(room, lounge.chat.clock.now()).await.unwrap();
    for id in ["ghost", "silent", "talks"] {
        lounge.enter(id, None).await;
    }
    let before = rooms.statistics(room).await.unwrap();
    assert!(rooms.note_count(room, &before, 3, now()).await.unwrap());
    lounge.posts.close("ghost").await.unwrap();
    assert_eq!(caretaker.busy_rooms().await.unwrap(), [room]);
    lounge.pass(SignedDuration::from_mins(10));
    let found = caretaker.look_after(room).await.unwrap();
    assert_eq!(
        (found.open, found.ghosts, counts.0.lock().unwrap().len()),
        (3, 0, 0),
        "nobody has been silent for long"
    );
    lounge.says("talks", json!({"type": "PING"})).await;
    lounge.pass(SignedDuration::from_mins(2));
    let found = caretaker.look_after(room).await.unwrap();
    assert_eq!((found.open, found.ghosts), (2, 1));
    assert!(lounge.chat.connections.connection("ghost").await.unwrap().is_none());
    assert_eq!(counts.0.lock().unwrap()[0].0.stream_id, room, "the count is not right any more");
    let silent = lounge.chat.connections.connection("silent").await.unwrap().unwrap();
    assert_eq!(silent.seen_at, lounge.chat.clock.now(), "it is open, and is not asked after for a while");
    caretaker.note_total(found.open).await.unwrap();
    assert_eq!(rooms.total_connections().await.unwrap(), 2);
}
