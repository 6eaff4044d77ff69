//! What is said, and what is answered.

use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use crate::ears::{Cast, Ears, fields, id_of, send};

const PLAIN_MESSAGE: [&str; 7] = ["content", "id", "stream_id", "timestamp", "type", "user_id", "username"];

const REFUSAL: [&str; 4] = ["code", "content", "timestamp", "type"];

fn text<'a>(frame: &'a Value, field: &str) -> &'a str {
    frame[field].as_str().unwrap()
}

#[tokio::test]
async fn two_people_chat_in_order_with_exactly_these_frames() {
    let cast = Cast::new("MEMBERS").await;
    let mut owner = Ears::enter(&cast.owner, &cast.id).await;
    let mut viewer = Ears::enter_plainly(&cast.viewer, &cast.id).await;
    let mut said = Vec::new();
    for turn in 0..8 {
        let content = format!("turn {turn} 🐦 <b>");
        let (writer, reader) = if turn % 2 == 0 { (&mut owner, &mut viewer) } else { (&mut viewer, &mut owner) };
        let echo = writer.chat_and_hear(&content).await;
        assert_eq!(reader.until_said(&content).await, echo);
        said.push(content);
    }
    assert_eq!((owner.contents(), viewer.contents()), (said.iter().map(String::as_str).collect(), owner.contents()));
    let order: Vec<(&str, &str)> =
        owner.of_type("CHAT_BROADCAST").iter().map(|frame| (text(frame, "timestamp"), text(frame, "id"))).collect();
    assert!(order.is_sorted(), "{order:?}");

    // The owner's own words say what the owner is; a viewer's are seed 002's and an id.
    let [of_owner, of_viewer] = [0, 1].map(|turn| owner.of_type("CHAT_BROADCAST")[turn].clone());
    let mut with_roles = PLAIN_MESSAGE.to_vec();
    with_roles.insert(2, "roles");
    assert_eq!((fields(&of_owner), fields(&of_viewer)), (with_roles, PLAIN_MESSAGE.to_vec()));
    assert_eq!((&of_owner["roles"], &of_owner["stream_id"]), (&json!(["owner"]), &json!(cast.id)));
    assert_eq!(
        (&of_viewer["username"], text(&of_viewer, "user_id")),
        (&json!(cast.viewer.username), &*id_of(&cast.viewer).await)
    );
    let at: Timestamp = text(&of_owner, "timestamp").parse().unwrap();
    assert_eq!(text(&of_owner, "timestamp"), format!("{at:.3}"));

    let welcome = owner.of_type("JOINED")[0].clone();
    let expected = [
        "can_write",
        "count",
        "history",
        "more",
        "roles",
        "slow_mode",
        "status",
        "stream_id",
        "timestamp",
        "type",
        "user_id",
        "username",
    ];
    assert_eq!(fields(&welcome), expected);
    assert_eq!(
        (&welcome["history"], &welcome["can_write"], &welcome["status"]),
        (&json!([]), &json!(true), &json!("OFFLINE"))
    );
    // Whoever takes no batches is greeted unasked, too.
    viewer.say(&json!({ "type": "PING", "t": 7 })).await;
    assert_eq!(viewer.until("PONG", |frame| frame["type"] == "PONG").await, json!({ "type": "PONG", "t": 7 }));
    for ears in [&mut owner, &mut viewer] {
        let update = match ears.of_type("VIEW_UPDATE").last() {
            Some(update) => (*update).clone(),
            None => ears.until("a count", |frame| frame["type"] == "VIEW_UPDATE").await,
        };
        assert_eq!(fields(&update), ["count", "stream_id", "timestamp", "type"]);
    }
    assert!(viewer.batches.is_empty());
}

#[tokio::test]
async fn refusals_name_their_reason_and_the_message() {
    let cast = Cast::new("MEMBERS").await;
    let mut plain = Ears::enter_plainly(&cast.viewer, &cast.id).await;
    plain.chat("").await;
    let refused = plain.until_error("EMPTY").await;
    assert_eq!((fields(&refused), &refused["content"]), (REFUSAL.to_vec(), &json!("The message says nothing.")));
    let mut viewer = Ears::enter(&cast.viewer, &cast.id).await;
    viewer.say(&json!({ "type": "CHAT", "content": " \u{202e}\u{7} " })).await;
    assert_eq!(fields(&viewer.until_error("EMPTY").await), REFUSAL);
    viewer.say(&json!({ "type": "CHAT", "content": "", "client_id": "c-1" })).await;
    let named = viewer.until_error("EMPTY").await;
    assert_eq!(
        (fields(&named), &named["client_id"]),
        (vec!["client_id", "code", "content", "timestamp", "type"], &json!("c-1"))
    );
    let wrong = [
        (json!({ "type": "CHAT" }), "BAD_JSON"),
        (json!({ "type": 7 }), "BAD_JSON"),
        (json!(["CHAT"]), "BAD_JSON"),
        (json!({ "type": "CHAT", "content": "a", "client_id": "a b" }), "BAD_JSON"),
        (json!({ "type": "HISTORY", "limit": 101 }), "BAD_JSON"),
        (json!({ "type": "SHOUT", "content": "a" }), "UNKNOWN_TYPE"),
        (json!({ "type": "DELETE", "id": "msg_01kas8xy7me2t8sr0v0bjhvw5w" }), "FORBIDDEN"),
    ];
    for (frame, code) in wrong {
        viewer.say(&frame).await;
        viewer.until_error(code).await;
    }
    assert_eq!(viewer.contents(), [""; 0]);
}

#[tokio::test]
async fn two_hundred_emoji_are_taken_and_one_more_is_refused_without_a_close() {
    let cast = Cast::new("MEMBERS").await;
    let mut viewer = Ears::enter(&cast.viewer, &cast.id).await;
    let emoji = "😀".repeat(200);
    viewer.chat_and_hear(&emoji).await;
    viewer.chat(&format!("{emoji}!")).await;
    let refused = viewer.until_error("TOO_LONG").await;
    assert_eq!(refused["content"], "A message has at most 200 characters.");
    viewer.chat(&"a".repeat(201)).await;
    viewer.until_error("TOO_LONG").await;
    viewer.chat_and_hear("still here").await;
}

#[tokio::test]
async fn who_one_is_stands_in_the_ticket_not_in_a_frame() {
    let cast = Cast::new("MEMBERS").await;
    let mut viewer = Ears::enter(&cast.viewer, &cast.id).await;
    let claim = json!({
        "type": "CHAT", "content": "it is me", "user_id": id_of(&cast.owner).await, "username": cast.owner.username,
        "roles": ["owner"], "stream_id": "str_01kas8xy7me2t8sr0v0bjhvw5w", "timestamp": "2020-01-01T00:00:00.000Z",
    });
    viewer.say(&claim).await;
    let echo = viewer.until_said("it is me").await;
    assert_eq!(
        (&echo["user_id"], &echo["username"]),
        (&json!(id_of(&cast.viewer).await), &json!(cast.viewer.username))
    );
    assert_eq!((&echo["roles"], &echo["stream_id"]), (&Value::Null, &json!(cast.id)));
    assert!(text(&echo, "timestamp") > "2026");
}

#[tokio::test]
async fn many_messages_come_in_one_frame_to_those_who_take_it() {
    let cast = Cast::new("MEMBERS").await;
    let mut owner = Ears::enter(&cast.owner, &cast.id).await;
    let mut plain = Ears::enter_plainly(&cast.viewer, &cast.id).await;
    let mut round = 0;
    // Pacing puts together what comes within a quarter of a second.
    while !owner.batches.iter().any(|batch| batch["messages"].as_array().is_some_and(|some| some.len() > 3)) {
        assert!(round < 20, "nothing is put together: {:?}", owner.heard);
        for number in 0..10 {
            owner.chat(&format!("{round}-{number}")).await;
        }
        for ears in [&mut owner, &mut plain] {
            let enough = (round + 1) * 10;
            while ears.contents().len() < enough {
                ears.until("a message", |frame| frame["type"] == "CHAT_BROADCAST").await;
            }
        }
        round += 1;
    }
    assert!(owner.batches.iter().all(|batch| fields(batch) == ["messages", "type"]), "{:?}", owner.batches);
    assert!(plain.batches.is_empty());
    assert_eq!(owner.of_type("CHAT_BROADCAST"), plain.of_type("CHAT_BROADCAST"));
}

#[tokio::test]
async fn the_sixth_message_within_a_second_ends_the_connection() {
    let cast = Cast::new("MEMBERS").await;
    let mut viewer = Ears::enter(&cast.viewer, &cast.id).await;
    let is_refusal = |frame: &Value| frame["code"] == "RATE_LIMITED";
    let mut sent = 0;
    // On a busy machine six may take more than a second.
    let refused = loop {
        for _ in 0..10 {
            viewer.chat(&format!("{sent}")).await;
            sent += 1;
        }
        let next = viewer.until("an answer", |frame| is_refusal(frame) || frame["type"] == "CHAT_BROADCAST").await;
        if is_refusal(&next) {
            break next;
        }
        while viewer.contents().len() < sent && !viewer.heard.iter().any(is_refusal) {
            viewer.until("an answer", |frame| is_refusal(frame) || frame["type"] == "CHAT_BROADCAST").await;
        }
        if let Some(refused) = viewer.heard.iter().find(|frame| is_refusal(frame)) {
            break refused.clone();
        }
        assert!(sent < 200, "nobody is slowed down");
    };
    assert_eq!(refused["content"], "Rate limit exceeded. Connection closed.");
    assert_eq!(fields(&refused), ["code", "content", "retry_after_ms", "timestamp", "type"]);
    assert!(refused["retry_after_ms"].as_u64().is_some_and(|ms| (1..=1000).contains(&ms)), "{refused}");
    viewer.end().await;
    let page: Value = send(&cast.owner, Method::GET, &cast.path("/messages?limit=100")).await.json().await.unwrap();
    let times: Vec<i64> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| text(message, "createdAt").parse::<Timestamp>().unwrap().as_millisecond())
        .collect();
    assert!(times.len() >= 5, "{times:?}");
    // Two messages may be taken in another order than they are stamped.
    assert!(times.windows(6).all(|six| six[5] - six[0] >= 900), "{times:?}");
}

#[tokio::test]
async fn those_who_keep_order_are_not_slowed_down() {
    let cast = Cast::new("MEMBERS").await;
    let mut owner = Ears::enter(&cast.owner, &cast.id).await;
    for number in 0..20 {
        owner.chat(&number.to_string()).await;
    }
    while owner.contents().len() < 20 {
        owner.until("a message", |frame| frame["type"] == "CHAT_BROADCAST").await;
    }
    assert!(owner.of_type("ERROR").is_empty());
}
