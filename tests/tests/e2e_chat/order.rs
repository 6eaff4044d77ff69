//! Keeping order: bans, ends of sessions, moderators, slow mode, and messages that are taken back.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use skylark_tests::{Person, problem_code};

use crate::ears::{Cast, Ears, fields, id_of, send};

/// Whoever is banned is out within two seconds; a busy machine gets more.
const OUT_WITHIN: Duration = Duration::from_secs(5);

async fn appoint(cast: &Cast, method: Method) {
    let channel = cast.stream["channelId"].as_str().unwrap();
    let path = format!("/api/v1/channels/{channel}/moderators/{}", id_of(&cast.viewer).await);
    assert_eq!(send(&cast.owner, method, &path).await.status(), 204);
}

async fn history(person: &Person, cast: &Cast) -> Vec<Value> {
    let page: Value = send(person, Method::GET, &cast.path("/messages")).await.json().await.unwrap();
    page["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_ban_ends_every_connection_of_its_user_and_lets_none_in_until_it_is_lifted() {
    let cast = Cast::new("MEMBERS").await;
    let mut owner = Ears::enter(&cast.owner, &cast.id).await;
    let mut first = Ears::enter(&cast.viewer, &cast.id).await;
    let mut second = Ears::enter_plainly(&cast.viewer, &cast.id).await;
    let spare = cast.viewer.chat_address(&cast.id).await.unwrap();
    first.chat_and_hear("something bad").await;
    let banned = id_of(&cast.viewer).await;
    let ban = cast.path(&format!("/bans/{banned}"));
    let began = Instant::now();
    let answer = cast.owner.request(Method::PUT, &ban).json(&json!({ "seconds": 600 })).send().await.unwrap();
    assert_eq!(answer.status(), 204);
    first.end().await;
    second.end().await;
    println!("out {:?} after the ban was asked for", began.elapsed());
    assert!(began.elapsed() < OUT_WITHIN, "{:?}", began.elapsed());
    for ears in [&mut owner, &mut first, &mut second] {
        let told = match ears.of_type("USER_BANNED").first() {
            Some(told) => (*told).clone(),
            None => ears.until("USER_BANNED", |frame| frame["type"] == "USER_BANNED").await,
        };
        assert_eq!((fields(&told), &told["user_id"]), (vec!["stream_id", "type", "until", "user_id"], &json!(banned)));
    }
    // Neither a ticket of before nor a new one.
    assert_eq!(Ears::try_silent(&spare).await.err(), Some(403));
    let refused = send(&cast.viewer, Method::POST, &cast.path("/chat-ticket")).await;
    assert_eq!((refused.status().as_u16(), problem_code(refused).await.unwrap()), (403, "banned".to_owned()));
    owner.chat_and_hear("peace").await;

    assert_eq!(send(&cast.owner, Method::DELETE, &ban).await.status(), 204);
    Ears::enter(&cast.viewer, &cast.id).await.chat_and_hear("back again").await;
    owner.until_said("back again").await;
}

#[tokio::test]
async fn logging_out_and_leaving_for_good_end_the_connections() {
    let cast = Cast::new("MEMBERS").await;
    let mut viewer = Ears::enter(&cast.viewer, &cast.id).await;
    let mut owner = Ears::enter(&cast.owner, &cast.id).await;
    let session = json!({ "refreshToken": cast.viewer.refresh_token });
    let answer = cast.viewer.anonymous(Method::POST, "/api/v1/auth/logout").json(&session).send().await.unwrap();
    assert_eq!(answer.status(), 204);
    viewer.end().await;
    assert_eq!(viewer.contents(), [""; 0]);

    let wanderer = Person::register(skylark_tests::Stack::shared()).await.unwrap();
    let mut elsewhere = Ears::enter(&wanderer, &cast.id).await;
    assert_eq!(send(&wanderer, Method::POST, "/api/v1/auth/logout-all").await.status(), 204);
    elsewhere.end().await;

    let leaver = Person::register(skylark_tests::Stack::shared()).await.unwrap();
    let mut leaving = Ears::enter(&leaver, &cast.id).await;
    leaving.chat_and_hear("my last words").await;
    assert_eq!(send(&leaver, Method::DELETE, "/api/v1/users/me").await.status(), 204);
    leaving.end().await;
    owner.chat_and_hear("who is left?").await;
}

#[tokio::test]
async fn what_is_taken_back_is_gone_for_all_and_only_those_who_may_take_it_back() {
    let cast = Cast::new("MEMBERS").await;
    let mut owner = Ears::enter(&cast.owner, &cast.id).await;
    let mut viewer = Ears::enter(&cast.viewer, &cast.id).await;
    let theirs = owner.chat_and_hear("the owner's").await;
    let own = viewer.chat_and_hear("my own").await;
    let delete = |message: &Value| json!({ "type": "DELETE", "id": message["id"] });
    viewer.say(&delete(&theirs)).await;
    viewer.until_error("FORBIDDEN").await;
    viewer.say(&delete(&own)).await;
    for ears in [&mut owner, &mut viewer] {
        let gone = ears.until("MESSAGE_DELETED", |frame| frame["type"] == "MESSAGE_DELETED").await;
        assert_eq!(gone, json!({ "type": "MESSAGE_DELETED", "stream_id": cast.id, "id": own["id"] }));
    }
    let left = history(&cast.viewer, &cast).await;
    assert_eq!(left.iter().map(|message| &message["id"]).collect::<Vec<_>>(), [&theirs["id"]]);
    let late = Ears::enter(&cast.viewer, &cast.id).await;
    assert_eq!(late.of_type("JOINED")[0]["history"].as_array().unwrap(), std::slice::from_ref(&theirs));

    // A moderator may, while they are one: the connection need not be a new one.
    appoint(&cast, Method::PUT).await;
    viewer.say(&delete(&theirs)).await;
    viewer.until("MESSAGE_DELETED", |frame| frame["type"] == "MESSAGE_DELETED").await;
    let last = owner.chat_and_hear("once more").await;
    viewer.until_said("once more").await;
    appoint(&cast, Method::DELETE).await;
    viewer.say(&delete(&last)).await;
    viewer.until_error("FORBIDDEN").await;
    assert_eq!(
        send(&cast.viewer, Method::DELETE, &cast.path(&format!("/messages/{}", last["id"].as_str().unwrap())))
            .await
            .status(),
        403
    );
    assert_eq!(history(&cast.viewer, &cast).await.len(), 1);
    let by_rest =
        send(&cast.owner, Method::DELETE, &cast.path(&format!("/messages/{}", last["id"].as_str().unwrap()))).await;
    assert_eq!(by_rest.status(), 204);
    owner.until("MESSAGE_DELETED", |frame| frame["id"] == last["id"] && frame["type"] == "MESSAGE_DELETED").await;
    assert!(history(&cast.viewer, &cast).await.is_empty());
}

#[tokio::test]
async fn slow_mode_reaches_those_who_are_there() {
    let cast = Cast::new("MEMBERS").await;
    let mut owner = Ears::enter(&cast.owner, &cast.id).await;
    let mut viewer = Ears::enter(&cast.viewer, &cast.id).await;
    viewer.chat_and_hear("before").await;
    let slow = cast.owner.request(Method::PUT, &cast.path("/slow-mode")).header("if-match", "*");
    assert_eq!(slow.json(&json!({ "seconds": 600 })).send().await.unwrap().status(), 204);
    for ears in [&mut owner, &mut viewer] {
        let told = ears.until("SLOW_MODE", |frame| frame["type"] == "SLOW_MODE").await;
        assert_eq!(told, json!({ "type": "SLOW_MODE", "stream_id": cast.id, "seconds": 600 }));
    }
    // Processes believe what they know of a room for five seconds.
    let began = Instant::now();
    let refused = loop {
        viewer.chat("now").await;
        let is_answer = |frame: &Value| frame["type"] == "ERROR" || frame["content"] == "now";
        let answer = viewer.until("an answer", is_answer).await;
        if answer["type"] == "ERROR" {
            break answer;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "slow mode does not begin");
        tokio::time::sleep(Duration::from_millis(300)).await;
    };
    assert_eq!(
        (&refused["code"], fields(&refused)),
        (&json!("SLOW_MODE"), vec!["code", "content", "retry_after_ms", "timestamp", "type"])
    );
    assert!(refused["retry_after_ms"].as_u64().is_some_and(|ms| (1..=600_000).contains(&ms)), "{refused}");
    owner.chat_and_hear("one").await;
    owner.chat_and_hear("and the next").await;
    assert_eq!(Ears::enter(&cast.viewer, &cast.id).await.of_type("JOINED")[0]["slow_mode"], 600);
}
