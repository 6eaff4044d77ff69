//! Who may take back what was said, ban, slow down, and appoint.

use jiff::SignedDuration;
use skylark_domain::Error;
use skylark_domain::chat::Chat;
use skylark_domain::chat::connection::{Connection, Person};
use skylark_domain::chat::moderation::Term;
use skylark_domain::chat::moderators::MAX_MODERATORS;
use skylark_domain::chat::room::Role;
use skylark_domain::error::Result;
use skylark_domain::ids::{StreamId, UserId, new_id};
use skylark_domain::stream::{Settings, Visibility};

use super::{member, say};
use crate::live::{Studio, register, studio};
use crate::world::now;

/// An owner, a moderator, and somebody else, in one room.
struct Cast {
    chat: Chat,
    room: StreamId,
    owner: UserId,
    moderator: UserId,
    viewer: UserId,
    studio: Studio,
}

async fn cast() -> Cast {
    let studio = studio().await;
    let (chat, stream, owner) = (studio.chat(), studio.stream("Room").await, studio.user);
    let (moderator, viewer) = (register(&studio.world, "mo").await, register(&studio.world, "vi").await);
    chat.appoint(&studio.live, owner, stream.channel_id, moderator).await.unwrap();
    Cast { chat, room: stream.id, owner, moderator, viewer, studio }
}

impl Cast {
    async fn ban(&self, caller: UserId, who: &str) -> &'static str {
        outcome(self.chat.ban(caller, self.room, who, Term::default()).await)
    }

    /// Somebody's open connection in a room, with the roles that they came with.
    async fn enter(&self, id: &str, room: StreamId, user: UserId, roles: &[Role]) {
        let person = Person { user_id: user.to_string(), username: "x".into(), roles: roles.to_vec() };
        let connection = Connection {
            id: id.into(),
            stream_id: room,
            shard: 0,
            person: Some(person),
            is_banned: false,
            is_batch: false,
            after: None,
            connected_at: now(),
            seen_at: now(),
        };
        self.chat.connections.enter(&connection, None).await.unwrap();
    }

    async fn roles_of(&self, connection: &str) -> Vec<Role> {
        self.chat.connections.connection(connection).await.unwrap().unwrap().person.unwrap().roles
    }

    async fn moderators(&self) -> Vec<UserId> {
        let channel = self.studio.channel().await.channel.id;
        let found = self.chat.moderators(&self.studio.live, self.owner, channel).await.unwrap();
        found.into_iter().map(|moderator| moderator.user_id).collect()
    }
}

fn outcome<T: std::fmt::Debug>(result: Result<T>) -> &'static str {
    match result {
        Ok(_) => "done",
        Err(Error::Forbidden) => "forbidden",
        Err(Error::NotFound { what }) => what,
        Err(Error::Invalid(_)) => "invalid",
        Err(Error::Stale) => "stale",
        Err(Error::LimitReached { code, .. } | Error::Refused { code, .. }) => code,
        Err(error) => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn a_message_is_taken_back_by_its_author_and_by_those_who_keep_order() {
    let cast = cast().await;
    for (deleter, answer) in
        [(cast.viewer, "done"), (cast.moderator, "done"), (cast.owner, "done"), (new_id(now()), "forbidden")]
    {
        let message = say(&cast.chat, cast.room, cast.viewer, "hello").await;
        for _ in 0..2 {
            let deleted = cast.chat.delete_message(deleter, cast.room, message.id).await;
            assert_eq!(outcome(deleted), answer, "{deleter}");
        }
        let stored = cast.chat.messages.message(cast.room, message.id).await.unwrap().unwrap();
        assert_eq!(stored.deleted_by, (answer == "done").then_some(deleter));
        assert_eq!(stored.content.is_empty(), answer == "done");
    }
    let nothing = cast.chat.delete_message(cast.owner, cast.room, new_id(now())).await;
    assert_eq!(outcome(nothing), "message");
    let theirs = say(&cast.chat, cast.room, cast.moderator, "mine").await;
    assert_eq!(outcome(cast.chat.delete_message(cast.viewer, cast.room, theirs.id).await), "forbidden");
    cast.studio.clock.advance(SignedDuration::from_hours(7 * 24));
    assert_eq!(outcome(cast.chat.delete_message(cast.owner, cast.room, theirs.id).await), "message");
}

#[tokio::test]
async fn those_who_keep_order_ban_those_who_do_not() {
    let cast = cast().await;
    let [owner, moderator, viewer] = [cast.owner, cast.moderator, cast.viewer].map(|id| id.to_string());
    assert_eq!(cast.ban(cast.viewer, "guest:a").await, "forbidden");
    assert_eq!(cast.ban(cast.moderator, &moderator).await, "invalid");
    assert_eq!(cast.ban(cast.owner, &owner).await, "invalid");
    assert_eq!(cast.ban(cast.moderator, &owner).await, "forbidden");
    assert_eq!(cast.ban(cast.moderator, "ada").await, "user");
    for who in [viewer.as_str(), "guest:a", "guest:b"] {
        assert_eq!((cast.ban(cast.moderator, who).await, cast.ban(cast.moderator, who).await), ("done", "done"));
    }
    let for_a_minute = Term { seconds: Some(60), ..Term::default() };
    cast.chat.ban(cast.owner, cast.room, "guest:c", for_a_minute).await.unwrap();

    let listed = async |after: Option<String>, limit| {
        let page = cast.chat.bans(cast.moderator, cast.room, after, limit).await.unwrap();
        (page.items.into_iter().map(|ban| ban.user_id).collect::<Vec<_>>(), page.next)
    };
    assert_eq!(
        listed(None, 3).await,
        (vec!["guest:a".into(), "guest:b".into(), "guest:c".into()], Some("guest:c".into()))
    );
    assert_eq!(listed(Some("guest:c".into()), 3).await, (vec![viewer.clone()], None));
    cast.studio.clock.advance(SignedDuration::from_secs(60));
    assert_eq!(
        listed(Some("guest:b".into()), 3).await.0,
        std::slice::from_ref(&viewer),
        "it is over, whoever has noticed"
    );
    assert_eq!(outcome(cast.chat.bans(cast.viewer, cast.room, None, 3).await), "forbidden");

    let ticket = async || outcome(cast.chat.issue_ticket(cast.room, member(cast.viewer)).await);
    assert_eq!(ticket().await, "banned");
    assert_eq!(outcome(cast.chat.lift_ban(cast.viewer, cast.room, &viewer).await), "forbidden");
    for _ in 0..2 {
        assert_eq!(outcome(cast.chat.lift_ban(cast.moderator, cast.room, &viewer).await), "done");
    }
    assert_eq!(ticket().await, "done");
    assert_eq!(listed(None, 100).await.0, ["guest:a", "guest:b"]);
}

#[tokio::test]
async fn a_moderator_whom_the_owner_bans_is_none_any_more() {
    let cast = cast().await;
    let other = register(&cast.studio.world, "other").await;
    let channel = cast.studio.channel().await.channel.id;
    cast.chat.appoint(&cast.studio.live, cast.owner, channel, other).await.unwrap();
    cast.enter("c1", cast.room, other, &[Role::Moderator]).await;
    assert_eq!(cast.ban(cast.moderator, &other.to_string()).await, "forbidden");
    assert_eq!(cast.ban(cast.owner, &other.to_string()).await, "done");
    assert_eq!((cast.moderators().await, cast.roles_of("c1").await), (vec![cast.moderator], vec![]));
    // Who is appointed anew may enter again.
    cast.chat.appoint(&cast.studio.live, cast.owner, channel, other).await.unwrap();
    assert_eq!(outcome(cast.chat.issue_ticket(cast.room, member(other)).await), "done");
}

#[tokio::test]
async fn appointments_are_the_owners_and_reach_open_connections_of_the_channel_only() {
    let cast = cast().await;
    let channel = cast.studio.channel().await.channel.id;
    let live = &cast.studio.live;
    let elsewhere = skylark_domain::testing::sample_stream().id;
    cast.enter("here", cast.room, cast.viewer, &[]).await;
    cast.enter("elsewhere", elsewhere, cast.viewer, &[]).await;
    for _ in 0..2 {
        cast.chat.appoint(live, cast.owner, channel, cast.viewer).await.unwrap();
    }
    assert_eq!((cast.roles_of("here").await, cast.roles_of("elsewhere").await), (vec![Role::Moderator], vec![]));
    assert_eq!(cast.moderators().await.len(), 2);
    for _ in 0..2 {
        cast.chat.dismiss(live, cast.owner, channel, cast.viewer).await.unwrap();
    }
    assert_eq!((cast.roles_of("here").await, cast.moderators().await), (vec![], vec![cast.moderator]));

    assert_eq!(outcome(cast.chat.appoint(live, cast.owner, channel, cast.owner).await), "invalid");
    assert_eq!(outcome(cast.chat.appoint(live, cast.owner, channel, new_id(now())).await), "user");
    assert_eq!(outcome(cast.chat.appoint(live, cast.owner, new_id(now()), cast.viewer).await), "channel");
    for caller in [cast.moderator, cast.viewer] {
        assert_eq!(outcome(cast.chat.appoint(live, caller, channel, cast.viewer).await), "channel");
        assert_eq!(outcome(cast.chat.dismiss(live, caller, channel, cast.moderator).await), "channel");
        assert_eq!(outcome(cast.chat.moderators(live, caller, channel).await), "channel");
    }
    assert_eq!(cast.moderators().await, [cast.moderator]);
}

#[tokio::test]
async fn a_channel_has_so_many_moderators_and_no_more() {
    let cast = cast().await;
    let channel = cast.studio.channel().await.channel.id;
    let first = cast.chat.rooms.moderator(channel, cast.moderator).await.unwrap().unwrap();
    for _ in 1..MAX_MODERATORS {
        let next = skylark_domain::chat::connection::Moderator { user_id: new_id(now()), ..first.clone() };
        cast.chat.rooms.appoint(&next).await.unwrap();
    }
    let appoint = async |user| outcome(cast.chat.appoint(&cast.studio.live, cast.owner, channel, user).await);
    assert_eq!(appoint(cast.viewer).await, "moderator-limit-reached");
    assert_eq!(appoint(cast.moderator).await, "done", "they are one already");
    cast.chat.dismiss(&cast.studio.live, cast.owner, channel, cast.moderator).await.unwrap();
    assert_eq!(appoint(cast.viewer).await, "done");
}

#[tokio::test]
async fn a_moderator_slows_the_room_down_and_changes_nothing_else() {
    let cast = cast().await;
    let slow = async |caller, version, seconds| {
        outcome(cast.chat.set_slow_mode(&cast.studio.live, caller, cast.room, version, seconds).await)
    };
    assert_eq!(slow(cast.viewer, None, 5).await, "forbidden");
    assert_eq!(slow(cast.moderator, None, 3601).await, "invalid");
    assert_eq!(slow(cast.moderator, Some(9), 5).await, "stale");
    assert_eq!(slow(cast.moderator, Some(1), 5).await, "done");
    assert_eq!(slow(cast.owner, None, 3600).await, "done");
    let stream = cast.studio.live.stream(None, cast.room).await.unwrap();
    let chat = &stream.settings.chat;
    assert_eq!(
        (chat.slow_mode_seconds, chat.enabled, chat.mode, stream.version),
        (3600, true, Settings::default().chat.mode, 3)
    );
    let room = cast.chat.rooms.room(cast.room).await.unwrap().unwrap();
    assert_eq!(room.chat.slow_mode_seconds, 3600, "the room is told");
}

#[tokio::test]
async fn moderators_know_of_private_rooms_of_their_channel() {
    let cast = cast().await;
    let secret = cast.studio.stream_with("Secret", Visibility::Private, Settings::default()).await;
    for (user, answer) in [(cast.moderator, "done"), (cast.viewer, "stream")] {
        assert_eq!(outcome(cast.chat.issue_ticket(secret.id, member(user)).await), answer);
        assert_eq!(outcome(cast.chat.ban(user, secret.id, "guest:a", Term::default()).await), answer);
        assert_eq!(outcome(cast.chat.set_slow_mode(&cast.studio.live, user, secret.id, None, 1).await), answer);
    }
}
