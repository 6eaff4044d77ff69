//! Who comes in, and as whom.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use skylark_tests::{Person, Stack};

use crate::ears::{Cast, Ears, fields, id_of, knock, send};

const UNKNOWN: &str = "str_01kas8xy7me2t8sr0v0bjhvw5w";

/// The front door as WebSockets name it.
fn front() -> String {
    Stack::shared().url("front").replacen("http://", "ws://", 1)
}

/// A guest by the form of seed 002, or the status that the door is closed with. Guests of one address are at most five
/// within ten seconds: who is too many waits.
async fn try_guest(stream: &str, query: &str) -> Result<Ears, u16> {
    let address = format!("{}/ws/live/{stream}?{query}", front());
    let began = Instant::now();
    loop {
        match Ears::try_silent(&address).await {
            Err(429) => assert!(began.elapsed() < Duration::from_secs(30), "{address} stays refused"),
            answer => return answer,
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

async fn guest(stream: &str, query: &str) -> Ears {
    try_guest(stream, query).await.unwrap()
}

#[tokio::test]
async fn a_guest_of_seed_002_writes_in_an_open_room_without_a_word_before() {
    let cast = Cast::new("OPEN").await;
    let mut owner = Ears::enter(&cast.owner, &cast.id).await;
    let mut olga = guest(&cast.id, "user_id=42&username=Olga%20%F0%9F%90%A6").await;
    let joined = olga.until("JOINED", |frame| frame["type"] == "JOINED").await;
    assert_eq!(fields(&joined), ["count", "stream_id", "timestamp", "type"]);
    assert_eq!(joined["stream_id"], cast.id);
    olga.chat("hello from the past").await;
    let echo = olga.until_said("hello from the past").await;
    assert_eq!((&echo["user_id"], &echo["username"]), (&json!("guest:42"), &json!("Olga 🐦")));
    assert_eq!(owner.until_said("hello from the past").await, echo);
    let mut nameless = guest(&cast.id, "user_id=43").await;
    assert_eq!(nameless.chat_and_hear("and I").await["username"], "User_43");
    // Nobody becomes a member by saying so.
    let mut claims = guest(&cast.id, &format!("user_id={}", id_of(&cast.owner).await)).await;
    let echo = claims.chat_and_hear("I am the owner").await;
    assert_eq!(
        (&echo["user_id"], &echo["roles"]),
        (&json!(format!("guest:{}", id_of(&cast.owner).await)), &Value::Null)
    );
}

#[tokio::test]
async fn a_guest_of_a_members_room_reads() {
    let cast = Cast::new("MEMBERS").await;
    let mut owner = Ears::enter(&cast.owner, &cast.id).await;
    let mut gil = guest(&cast.id, "user_id=44&username=Gil").await;
    gil.until("JOINED", |frame| frame["type"] == "JOINED").await;
    gil.chat("not mine to write").await;
    gil.until_error("FORBIDDEN").await;
    let said = owner.chat_and_hear("for all to read").await;
    assert_eq!(gil.until_said("for all to read").await, said);
    assert_eq!(owner.contents(), ["for all to read"]);
}

#[tokio::test]
async fn a_guest_can_be_banned_by_a_moderator() {
    let cast = Cast::new("OPEN").await;
    let channel = cast.stream["channelId"].as_str().unwrap();
    let appointed = format!("/api/v1/channels/{channel}/moderators/{}", id_of(&cast.viewer).await);
    assert_eq!(send(&cast.owner, Method::PUT, &appointed).await.status(), 204);
    let mut gus = guest(&cast.id, "user_id=45&username=Gus").await;
    gus.chat_and_hear("buy this").await;
    assert_eq!(send(&cast.viewer, Method::PUT, &cast.path("/bans/guest:45")).await.status(), 204);
    gus.end().await;
    let told = json!({ "type": "USER_BANNED", "stream_id": cast.id, "user_id": "guest:45" });
    assert_eq!(gus.of_type("USER_BANNED").first(), Some(&&told));
    assert_eq!(try_guest(&cast.id, "user_id=45").await.err(), Some(403));
}

#[tokio::test]
async fn a_ticket_opens_one_door_once() {
    let cast = Cast::new("MEMBERS").await;
    let other = Cast::new("MEMBERS").await;
    let ticket = cast.viewer.chat_address(&cast.id).await.unwrap();
    // Another room does not take it, and does not spend it.
    assert_eq!(knock(&ticket.replace(&cast.id, &other.id), None).await, 401);
    assert_eq!(knock(&ticket.replace("ticket=", "ticket=x"), None).await, 401);
    let mut viewer = Ears::welcomed(&ticket).await;
    assert_eq!(knock(&ticket, None).await, 401);
    viewer.chat_and_hear("alone").await;
    let shared = cast.viewer.chat_address(&cast.id).await.unwrap();
    let mut both = <[u16; 2]>::from(tokio::join!(knock(&shared, None), knock(&shared, None)));
    both.sort_unstable();
    assert_eq!(both, [101, 401]);
}

#[tokio::test]
async fn pages_of_other_sites_and_those_without_a_room_are_turned_away() {
    let cast = Cast::new("OPEN").await;
    let ticket = async || cast.viewer.chat_address(&cast.id).await.unwrap();
    let one = ticket().await;
    for origin in ["https://evil.example", "null", "http://127.0.0.1:1"] {
        assert_eq!(knock(&one, Some(origin)).await, 403, "{origin}");
    }
    // It was not spent.
    assert_eq!(knock(&one, Some(&Stack::shared().url("front"))).await, 101);
    assert_eq!(knock(&ticket().await, None).await, 101);
    for (query, status) in [
        (format!("/ws?streamId={UNKNOWN}&user_id=1"), 404),
        (format!("/ws/live/{UNKNOWN}?user_id=1"), 404),
        ("/ws?streamId=7&user_id=1".to_owned(), 404),
        ("/ws?user_id=1".to_owned(), 404),
        (format!("/ws?streamId={}", cast.id), 401),
        (format!("/ws?streamId={}&ticket=", cast.id), 401),
    ] {
        assert_eq!(knock(&format!("{}{query}", front()), None).await, status, "{query}");
    }
}

#[tokio::test]
async fn a_private_room_is_the_owners_and_the_moderators() {
    let owner = Person::register(Stack::shared()).await.unwrap();
    let made = owner.stream_with(json!({ "title": "Secret", "visibility": "PRIVATE" })).await.unwrap();
    let id = made["id"].as_str().unwrap();
    let stranger = Person::register(Stack::shared()).await.unwrap();
    let path = format!("/api/v1/streams/{id}/chat-ticket");
    assert_eq!(send(&stranger, Method::POST, &path).await.status(), 404);
    assert_eq!(knock(&format!("{}/ws/live/{id}?user_id=1", front()), None).await, 404);
    Ears::enter(&owner, id).await.chat_and_hear("alone").await;
    let appointed =
        format!("/api/v1/channels/{}/moderators/{}", made["channelId"].as_str().unwrap(), id_of(&stranger).await);
    assert_eq!(send(&owner, Method::PUT, &appointed).await.status(), 204);
    let mut moderator = Ears::enter(&stranger, id).await;
    assert_eq!(moderator.chat_and_hear("not alone").await["roles"], json!(["moderator"]));
}
