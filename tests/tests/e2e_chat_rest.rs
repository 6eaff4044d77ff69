//! Rooms over HTTP: tickets, history, and who keeps order.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use reqwest::{Method, Response};
use serde_json::{Value, json};
use skylark_tests::{Person, Stack, problem_code};

/// An owner, a moderator and somebody else, with a stream of the owner's.
struct Cast {
    owner: Person,
    moderator: Person,
    viewer: Person,
    stream: String,
    channel: String,
}

async fn cast() -> Cast {
    let stack = Stack::shared();
    let people = [Person::register(stack).await, Person::register(stack).await, Person::register(stack).await];
    let [owner, moderator, viewer] = people.map(Result::unwrap);
    let made = owner.stream_with(json!({ "title": "Room", "chat": { "mode": "OPEN" } })).await.unwrap();
    let id = |field: &str| made[field].as_str().unwrap().to_owned();
    let cast = Cast { stream: id("id"), channel: id("channelId"), owner, moderator, viewer };
    let path = format!("/api/v1/channels/{}/moderators/{}", cast.channel, id_of(&cast.moderator).await);
    assert_eq!(send(&cast.owner, Method::PUT, &path).await.status(), 204);
    cast
}

impl Cast {
    fn path(&self, rest: &str) -> String {
        format!("/api/v1/streams/{}{rest}", self.stream)
    }
}

async fn send(person: &Person, method: Method, path: &str) -> Response {
    person.request(method, path).send().await.unwrap()
}

async fn id_of(person: &Person) -> String {
    let me: Value = send(person, Method::GET, "/api/v1/users/me").await.json().await.unwrap();
    me["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_ticket_is_an_address_ready_to_open() {
    let cast = cast().await;
    let path = cast.path("/chat-ticket");
    let asked = [
        cast.viewer.request(Method::POST, &path),
        cast.viewer.anonymous(Method::POST, &path),
        cast.viewer.anonymous(Method::POST, &path).json(&json!({ "username": "Bo" })),
        cast.viewer.anonymous(Method::POST, &cast.path("/chat-ticket").replace("/api/v1/streams", "/api/streams")),
    ];
    for request in asked {
        let answer = request.send().await.unwrap();
        assert_eq!((answer.status().as_u16(), &answer.headers()["cache-control"]), (201, &"no-store".parse().unwrap()));
        let body: Value = answer.json().await.unwrap();
        let ticket = body["ticket"].as_str().unwrap();
        let front = cast.viewer.url.replace("http://", "ws://");
        assert_eq!(body["wsUrl"], format!("{front}/ws?streamId={}&ticket={ticket}", cast.stream));
        assert_eq!((ticket.len(), &body["expiresIn"]), (22, &json!(60)));
    }
    let post = |body: &'static str| cast.viewer.anonymous(Method::POST, &path).body(body);
    let wrong = [
        (post("{}"), 415),
        (post("[]").header("content-type", "application/json"), 400),
        (post(r#"{"roles":["owner"]}"#).header("content-type", "application/json"), 400),
        (cast.viewer.anonymous(Method::POST, &path).bearer_auth("garbage"), 401),
    ];
    for (request, status) in wrong {
        assert_eq!(request.send().await.unwrap().status(), status);
    }
}

#[tokio::test]
async fn the_sixth_ticket_within_ten_seconds_is_refused() {
    let cast = cast().await;
    let path = cast.path("/chat-ticket");
    let mut answers = Vec::new();
    // A window may end in between, once.
    for _ in 0..11 {
        answers.push(send(&cast.viewer, Method::POST, &path).await);
    }
    let refused = answers.into_iter().find(|answer| answer.status() != 201).unwrap();
    assert_eq!(refused.status(), 429);
    let seconds: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=10).contains(&seconds), "{seconds}");
    assert_eq!(problem_code(refused).await.unwrap(), "rate-limited");
    assert_eq!(send(&cast.owner, Method::POST, &path).await.status(), 201);
}

#[tokio::test]
async fn an_erased_account_gets_no_ticket_and_keeps_no_order() {
    let cast = cast().await;
    assert_eq!(send(&cast.moderator, Method::DELETE, "/api/v1/users/me").await.status(), 204);
    let changes = [
        (Method::POST, cast.path("/chat-ticket")),
        (Method::DELETE, cast.path("/messages/msg_01kas8xy7me2t8sr0v0bjhvw5w")),
        (Method::PUT, cast.path("/bans/guest:a")),
        (Method::PUT, cast.path("/slow-mode")),
    ];
    for (method, path) in changes {
        assert_eq!(send(&cast.moderator, method, &path).await.status(), 401, "{path}");
    }
}

#[tokio::test]
async fn history_is_public_and_says_so() {
    let cast = cast().await;
    let answer = cast.viewer.anonymous(Method::GET, &cast.path("/messages")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["cache-control"], "public, max-age=2, stale-while-revalidate=10");
    assert_eq!(answer.json::<Value>().await.unwrap(), json!({ "items": [], "nextCursor": null }));
    let own = send(&cast.owner, Method::GET, &cast.path("/messages?limit=100")).await;
    assert_eq!(own.headers()["cache-control"], "private, no-cache");
    let id = "msg_01kas8xy7me2t8sr0v0bjhvw5w";
    for good in [format!("before={id}"), format!("after={id}&limit=1")] {
        assert_eq!(send(&cast.viewer, Method::GET, &cast.path(&format!("/messages?{good}"))).await.status(), 200);
    }
    let wrong = [
        "limit=0".to_owned(),
        "limit=101".to_owned(),
        "limit=x".to_owned(),
        "before=7".to_owned(),
        "cursor=7".to_owned(),
        "page=1".to_owned(),
        format!("before={id}&after={id}"),
    ];
    for query in wrong {
        let answer = send(&cast.viewer, Method::GET, &cast.path(&format!("/messages?{query}"))).await;
        assert_eq!(answer.status(), 400, "{query}");
    }
}

#[tokio::test]
async fn order_is_kept_by_those_who_may() {
    let cast = cast().await;
    let (viewer, owner) = (id_of(&cast.viewer).await, id_of(&cast.owner).await);
    let ban = cast.path(&format!("/bans/{viewer}"));
    let nobody = cast.viewer.anonymous(Method::PUT, &ban).send().await.unwrap();
    assert_eq!(nobody.status(), 401);
    assert_eq!(send(&cast.viewer, Method::PUT, &cast.path("/bans/guest%3Aa")).await.status(), 403);
    assert_eq!(send(&cast.moderator, Method::PUT, &cast.path(&format!("/bans/{owner}"))).await.status(), 403);
    assert_eq!(send(&cast.moderator, Method::PUT, &cast.path("/bans/guest%3Aa")).await.status(), 204);
    let term = |body: Value| cast.moderator.request(Method::PUT, &ban).json(&body).send();
    for wrong in [
        json!({ "seconds": 0 }),
        json!({ "seconds": 1e30 }),
        json!({ "until": "2020-01-01T00:00:00Z" }),
        json!({ "until": "soon" }),
        json!({ "until": "2126-01-01T00:00:00Z", "seconds": 5 }),
        json!({ "for": 5 }),
    ] {
        assert_eq!(term(wrong.clone()).await.unwrap().status(), 400, "{wrong}");
    }
    assert_eq!(term(json!({ "seconds": 600 })).await.unwrap().status(), 204);

    let refused = send(&cast.viewer, Method::POST, &cast.path("/chat-ticket")).await;
    assert_eq!(refused.status(), 403);
    assert_eq!(problem_code(refused).await.unwrap(), "banned");
    let list = async |query: &str| send(&cast.moderator, Method::GET, &cast.path(&format!("/bans{query}"))).await;
    let first = list("?limit=1").await;
    let link = first.headers()["link"].to_str().unwrap().to_owned();
    let first: Value = first.json().await.unwrap();
    assert_eq!((&first["items"][0]["userId"], &first["items"][0]["until"]), (&json!("guest:a"), &Value::Null));
    let next = link.split_once('<').and_then(|(_, rest)| rest.split_once('>')).unwrap().0;
    let rest: Value = send(&cast.moderator, Method::GET, next).await.json().await.unwrap();
    assert_eq!((&rest["items"][0]["userId"], &rest["nextCursor"]), (&json!(viewer), &Value::Null));
    assert_eq!(send(&cast.viewer, Method::GET, &cast.path("/bans")).await.status(), 403);
    assert_eq!(send(&cast.moderator, Method::DELETE, &ban).await.status(), 204);
    assert_eq!(send(&cast.viewer, Method::POST, &cast.path("/chat-ticket")).await.status(), 201);

    let unknown = send(&cast.moderator, Method::DELETE, &cast.path("/messages/msg_01kas8xy7me2t8sr0v0bjhvw5w")).await;
    assert_eq!(unknown.status(), 404);
}

#[tokio::test]
async fn slow_mode_leaves_the_other_settings_of_the_room() {
    let cast = cast().await;
    let slow = async |person: &Person, tag: &str, seconds: u64| {
        let request = person.request(Method::PUT, &cast.path("/slow-mode")).header("if-match", tag);
        request.json(&json!({ "seconds": seconds })).send().await.unwrap().status().as_u16()
    };
    assert_eq!(slow(&cast.viewer, "*", 5).await, 403);
    assert_eq!(slow(&cast.moderator, "\"v9\"", 5).await, 412);
    assert_eq!(slow(&cast.moderator, "*", 3601).await, 400);
    assert_eq!(slow(&cast.moderator, "\"v1\"", 5).await, 204);
    let stream: Value = send(&cast.owner, Method::GET, &cast.path("")).await.json().await.unwrap();
    assert_eq!(stream["chat"], json!({ "enabled": true, "mode": "OPEN", "slowModeSeconds": 5 }));
    let patch = cast.owner.request(Method::PATCH, &cast.path("")).header("if-match", "*");
    let edited: Value =
        patch.json(&json!({ "chat": { "enabled": false } })).send().await.unwrap().json().await.unwrap();
    assert_eq!(edited["chat"], json!({ "enabled": false, "mode": "OPEN", "slowModeSeconds": 5 }));
    assert_eq!(edited["playbackSessions"], 0);
    let seen: Value = send(&cast.viewer, Method::GET, &cast.path("")).await.json().await.unwrap();
    assert_eq!(seen["playbackSessions"], Value::Null);
}

#[tokio::test]
async fn moderators_are_the_owners_to_appoint() {
    let cast = cast().await;
    let list = format!("/api/v1/channels/{}/moderators", cast.channel);
    let listed: Value = send(&cast.owner, Method::GET, &list).await.json().await.unwrap();
    assert_eq!(listed["items"][0]["username"], cast.moderator.username);
    assert_eq!((listed["items"].as_array().map(Vec::len), &listed["nextCursor"]), (Some(1), &Value::Null));
    let (moderator, owner) = (id_of(&cast.moderator).await, id_of(&cast.owner).await);
    assert_eq!(send(&cast.moderator, Method::GET, &list).await.status(), 404);
    assert_eq!(send(&cast.moderator, Method::DELETE, &format!("{list}/{moderator}")).await.status(), 404);
    assert_eq!(send(&cast.owner, Method::PUT, &format!("{list}/{owner}")).await.status(), 400);
    for unknown in ["usr_01kas8xy7me2t8sr0v0bjhvw5w", "guest:a", "x"] {
        assert_eq!(send(&cast.owner, Method::PUT, &format!("{list}/{unknown}")).await.status(), 404, "{unknown}");
    }
    for _ in 0..2 {
        assert_eq!(send(&cast.owner, Method::DELETE, &format!("{list}/{moderator}")).await.status(), 204);
    }
    assert_eq!(send(&cast.moderator, Method::PUT, &cast.path("/bans/guest:a")).await.status(), 403);
}

#[tokio::test]
async fn a_page_of_history_costs_one_read_and_one_query() {
    let stack = Stack::start().unwrap();
    let ada = Person::register(&stack).await.unwrap();
    let stream = ada.new_stream("Counted").await.unwrap();
    let path = format!("/api/v1/streams/{}/messages", stream["id"].as_str().unwrap());
    // Not what the room is told of its stream meanwhile.
    stack.forget_capacity().await.unwrap();
    assert_eq!(ada.anonymous(Method::GET, &path).send().await.unwrap().status(), 200);
    let expected = [("GetItem", 1), ("Query", 1)];
    let calls = stack.table_calls("stream-handler").await.unwrap();
    assert_eq!(calls, expected.map(|(name, count)| (name.to_owned(), count)).into());
}
