//! Rooms as they are reached by HTTP: tickets, history, and who keeps order.

mod moderation;

use std::sync::Arc;

use jiff::SignedDuration;
use skylark_domain::Error;
use skylark_domain::chat::connection::{Ban, Person, TICKET_LIFE, Ticket};
use skylark_domain::chat::history::Passage;
use skylark_domain::chat::room::Role;
use skylark_domain::chat::tickets::Asker;
use skylark_domain::chat::{Chat, Message};
use skylark_domain::ids::{StreamId, UserId, new_id};
use skylark_domain::stream::{ChatMode, ChatSettings, Settings, Stream, Visibility};
use skylark_domain::token::digest;

use crate::live::{Studio, studio};
use crate::world::now;

impl Studio {
    fn chat(&self) -> Chat {
        Chat::new(Arc::new(self.world.table.clone()), self.clock.clone())
    }

    async fn open_room(&self) -> Stream {
        let chat = ChatSettings { enabled: true, mode: ChatMode::Open, slow_mode_seconds: 0 };
        self.stream_with("Open", Visibility::Public, Settings { chat, ..Settings::default() }).await
    }
}

fn member(id: UserId) -> Asker {
    Asker::Member { id, username: "ada".into() }
}

fn guest(address: &str, username: Option<&str>) -> Asker {
    Asker::Guest { address: address.into(), username: username.map(str::to_owned) }
}

/// What a ticket says, found by its secret.
async fn issued(chat: &Chat, id: StreamId, asker: Asker) -> Ticket {
    let secret = chat.issue_ticket(id, asker).await.unwrap();
    assert_eq!(secret.len(), 22, "128 bits");
    let ticket = chat.connections.ticket(&digest(&secret)).await.unwrap().unwrap();
    assert_eq!((ticket.stream_id, ticket.expires_at), (id, chat.clock.now() + TICKET_LIFE));
    ticket
}

#[tokio::test]
async fn a_ticket_says_who_its_holder_is_in_the_room() {
    let studio = studio().await;
    let (chat, stream, viewer) = (studio.chat(), studio.stream("Members").await, new_id(now()));
    let person = |id: UserId, roles: &[Role]| {
        Some(Person { user_id: id.to_string(), username: "ada".into(), roles: roles.to_vec() })
    };
    assert_eq!(issued(&chat, stream.id, member(studio.user)).await.person, person(studio.user, &[Role::Owner]));
    assert_eq!(issued(&chat, stream.id, member(viewer)).await.person, person(viewer, &[]));
    assert_eq!(issued(&chat, stream.id, guest("192.0.2.1", Some("Bo"))).await.person, None, "they only read");

    let open = studio.open_room().await;
    let names = [(Some(" B\u{202e}o \n"), Some("Bo")), (Some("\n"), None), (None, None)];
    for (wanted, shown) in names {
        let person = issued(&chat, open.id, guest("192.0.2.2", wanted)).await.person.unwrap();
        let id = person.user_id.strip_prefix("guest:").unwrap();
        assert!(id.len() == 8 && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()), "{id}");
        assert_eq!(person.username, shown.map_or_else(|| format!("User_{id}"), str::to_owned));
        assert!(person.is_guest() && !person.keeps_order());
    }
}

#[tokio::test]
async fn tickets_are_few_for_each_user_and_for_the_guests_of_an_address() {
    let studio = studio().await;
    let (chat, stream, viewer) = (studio.chat(), studio.stream("Members").await, new_id(now()));
    let askers = [member(viewer), guest("192.0.2.1", None)];
    for asker in &askers {
        for _ in 0..5 {
            issued(&chat, stream.id, asker.clone()).await;
        }
        let refused = chat.issue_ticket(stream.id, asker.clone()).await.unwrap_err();
        let Error::RateLimited { retry_after } = refused else { panic!("{refused:?}") };
        assert!((1..=10).contains(&retry_after.as_secs()), "{retry_after:?}");
    }
    issued(&chat, stream.id, member(studio.user)).await;
    issued(&chat, stream.id, guest("192.0.2.2", None)).await;
    studio.clock.advance(SignedDuration::from_secs(10));
    for asker in askers {
        issued(&chat, stream.id, asker).await;
    }
}

#[tokio::test]
async fn private_rooms_are_unknown_and_deleted_ones_are_gone() {
    let studio = studio().await;
    let (chat, viewer) = (studio.chat(), new_id(now()));
    let secret = studio.stream_with("Secret", Visibility::Private, Settings::default()).await;
    for asker in [member(viewer), guest("192.0.2.1", None)] {
        let refused = chat.issue_ticket(secret.id, asker).await;
        assert!(matches!(refused, Err(Error::NotFound { what: "stream" })), "{refused:?}");
    }
    issued(&chat, secret.id, member(studio.user)).await;
    studio.live.delete_stream(studio.user, secret.id, None).await.unwrap();
    for id in [secret.id, new_id(now())] {
        let refused = chat.issue_ticket(id, member(studio.user)).await;
        assert!(matches!(refused, Err(Error::NotFound { what: "stream" })), "{refused:?}");
    }
}

#[tokio::test]
async fn a_room_without_chat_or_after_its_end_still_takes_viewers() {
    let studio = studio().await;
    let chat_settings = ChatSettings { enabled: false, ..Settings::default().chat };
    let settings = Settings { chat: chat_settings, ..Settings::default() };
    let silent = studio.stream_with("Silent", Visibility::Public, settings).await;
    let (chat, viewer) = (studio.chat(), new_id(now()));
    issued(&chat, silent.id, member(viewer)).await;
    studio.live.start(studio.user, silent.id, None, None).await.unwrap();
    studio.live.stop(studio.user, silent.id, None, None).await.unwrap();
    studio.clock.advance(SignedDuration::from_hours(1));
    issued(&chat, silent.id, guest("192.0.2.1", None)).await;
}

#[tokio::test]
async fn the_banned_get_no_ticket_until_their_time_is_over() {
    let studio = studio().await;
    let (chat, stream, viewer) = (studio.chat(), studio.stream("Members").await, new_id(now()));
    let ban = Ban {
        channel_id: stream.channel_id,
        stream_id: stream.id,
        user_id: UserId::to_string(&viewer),
        banned_by: studio.user,
        banned_at: now(),
        until: Some(now() + SignedDuration::from_mins(5)),
    };
    chat.rooms.keep_ban(&ban).await.unwrap();
    let refused = chat.issue_ticket(stream.id, member(viewer)).await;
    assert!(matches!(refused, Err(Error::Refused { code: "banned", .. })), "{refused:?}");
    studio.clock.advance(SignedDuration::from_mins(6));
    issued(&chat, stream.id, member(viewer)).await;
}

#[tokio::test]
async fn a_full_stream_takes_its_owner_only() {
    let studio = studio().await;
    let settings = Settings { max_concurrent_viewers: Some(2), ..Settings::default() };
    let stream = studio.stream_with("Small", Visibility::Public, settings).await;
    let (chat, viewer) = (studio.chat(), new_id(now()));
    let count = async |count: u32, seconds: i64| {
        let before = chat.rooms.statistics(stream.id).await.unwrap();
        let next = now() + SignedDuration::from_secs(seconds);
        assert!(chat.rooms.note_count(stream.id, &before, count, next).await.unwrap());
    };
    count(1, 3).await;
    issued(&chat, stream.id, member(viewer)).await;
    count(2, 6).await;
    let refused = chat.issue_ticket(stream.id, member(viewer)).await;
    assert!(matches!(refused, Err(Error::LimitReached { code: "viewer-cap-reached", .. })), "{refused:?}");
    issued(&chat, stream.id, member(studio.user)).await;
}

async fn say(chat: &Chat, room: StreamId, author: UserId, content: &str) -> Message {
    let message = Message {
        id: new_id(chat.clock.now()),
        stream_id: room,
        user_id: author.to_string(),
        username: "ada".into(),
        content: content.into(),
        roles: Vec::new(),
        client_id: None,
        deleted_by: None,
    };
    chat.messages.keep(&message).await.unwrap();
    message
}

#[tokio::test]
async fn history_is_read_in_pages_both_ways_without_what_was_taken_back() {
    let studio = studio().await;
    let (chat, room) = (studio.chat(), studio.stream("Members").await.id);
    let mut said = Vec::new();
    for number in 0..9 {
        studio.clock.advance(SignedDuration::from_millis(5));
        said.push(say(&chat, room, studio.user, &number.to_string()).await.id);
    }
    chat.delete_message(studio.user, room, said[4]).await.unwrap();
    let page = async |passage| {
        let page = chat.history(None, room, passage, 3).await.unwrap();
        (page.items.into_iter().map(|message| message.content).collect::<String>(), page.next)
    };
    assert_eq!(page(Passage::Latest).await, ("678".into(), Some(Passage::Before(said[6]))));
    assert_eq!(page(Passage::Before(said[6])).await, ("235".into(), Some(Passage::Before(said[2]))));
    assert_eq!(page(Passage::Before(said[2])).await, ("01".into(), None));
    assert_eq!(page(Passage::After(said[0])).await, ("123".into(), Some(Passage::After(said[3]))));
    assert_eq!(page(Passage::After(said[3])).await, ("567".into(), Some(Passage::After(said[7]))));
    assert_eq!(page(Passage::After(said[7])).await, ("8".into(), None));
    assert_eq!(page(Passage::After(said[8])).await, (String::new(), None));
    // Ids need not be of messages: any time is a bound.
    let [old, future] = [-30 * 24, 30 * 24].map(|hours| new_id(now() + SignedDuration::from_hours(hours)));
    assert_eq!(page(Passage::Before(old)).await, (String::new(), None));
    assert_eq!(page(Passage::After(old)).await.0, "012");
    assert_eq!(page(Passage::Before(future)).await.0, "678");
    assert_eq!(page(Passage::After(future)).await, (String::new(), None));

    studio.clock.advance(SignedDuration::from_hours(7 * 24));
    assert_eq!((page(Passage::Latest).await.0, page(Passage::After(said[0])).await.0), (String::new(), String::new()));
}

#[tokio::test]
async fn the_history_of_a_private_room_is_for_those_who_keep_order() {
    let studio = studio().await;
    let (chat, viewer) = (studio.chat(), new_id(now()));
    let room = studio.stream_with("Secret", Visibility::Private, Settings::default()).await.id;
    say(&chat, room, studio.user, "psst").await;
    assert_eq!(chat.history(Some(studio.user), room, Passage::Latest, 9).await.unwrap().items.len(), 1);
    for caller in [None, Some(viewer)] {
        let refused = chat.history(caller, room, Passage::Latest, 9).await;
        assert!(matches!(refused, Err(Error::NotFound { what: "stream" })), "{refused:?}");
    }
}

#[tokio::test]
async fn people_who_wait_for_the_first_picture_are_counted() {
    let studio = studio().await;
    let (chat, stream) = (studio.chat(), studio.stream("Soon").await);
    let before = chat.rooms.statistics(stream.id).await.unwrap();
    assert!(chat.rooms.note_count(stream.id, &before, 4, now()).await.unwrap());
    assert_eq!(studio.live.view(None, stream.id).await.unwrap().viewers.count, 4);
    let counted = studio.live.count_viewers(vec![stream.card()]).await.unwrap();
    assert_eq!(counted[0].1.count, 4);
}
