//! `@connections`, met by AWS's own client: posts, descriptions, disconnections and every refusal.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "kit/websocket.rs"]
mod kit;

use aws_sdk_apigatewaymanagement::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_apigatewaymanagement::primitives::Blob;
use futures_util::StreamExt;
use kit::{Gateway, TEMPLATE, ask, closed, hear, until};
use serde_json::Value;
use skylark_local::websocket::{MAX_MESSAGE, Options};

/// The code and the status that AWS answers.
fn refused<T: std::fmt::Debug, E: ProvideErrorMetadata + std::fmt::Debug>(
    answer: Result<T, SdkError<E>>,
) -> (String, u16) {
    let error = answer.unwrap_err();
    let status = error.raw_response().map_or(0, |response| response.status().as_u16());
    (error.code().unwrap_or_default().to_owned(), status)
}

fn gone() -> (String, u16) {
    ("GoneException".to_owned(), 410)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_reaches_its_client_in_order() {
    let gateway = Gateway::start(TEMPLATE, Options::default()).await;
    let management = gateway.connections(&gateway.secret_key());
    let (mut client, id) = gateway.named().await;
    for number in 0..100 {
        let post = management.post_to_connection().connection_id(&id).data(Blob::new(format!("post {number}")));
        post.send().await.unwrap();
    }
    for number in 0..100 {
        assert_eq!(hear(&mut client).await, format!("post {number}"));
    }
    let largest = "x".repeat(MAX_MESSAGE);
    management.post_to_connection().connection_id(&id).data(Blob::new(largest.clone())).send().await.unwrap();
    assert!(hear(&mut client).await == largest);
    let post = management.post_to_connection().connection_id(&id).data(Blob::new([0xff])).send().await;
    post.unwrap();
    assert!(client.next().await.unwrap().unwrap().is_binary(), "what is no text is sent as bytes");
    let calls = reqwest::get(format!("{}/calls", gateway.stack.url("admin"))).await.unwrap();
    assert_eq!(calls.json::<Value>().await.unwrap()["execute-api.PostToConnection"], 102);
    gateway.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_description_says_since_when_and_who() {
    let gateway = Gateway::start(TEMPLATE, Options::default()).await;
    let management = gateway.connections(&gateway.secret_key());
    let mut client = gateway.try_connect("/ws", &[("user-agent", "UA/1")]).await.unwrap();
    let id = ask(&mut client, r#"{"type":"WHO"}"#).await;
    let before = management.get_connection().connection_id(&id).send().await.unwrap();
    let (since, active) = (*before.connected_at().unwrap(), *before.last_active_at().unwrap());
    assert!(since <= active);
    let identity = before.identity().unwrap();
    assert_eq!((identity.source_ip(), identity.user_agent()), (Some("127.0.0.1"), Some("UA/1")));
    until("the activity", async || {
        ask(&mut client, "x").await;
        let now = management.get_connection().connection_id(&id).send().await.unwrap();
        assert_eq!(now.connected_at(), Some(&since));
        *now.last_active_at().unwrap() > active
    })
    .await;
    gateway.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_connection_is_closed_and_gone() {
    let gateway = Gateway::start(TEMPLATE, Options::default()).await;
    let management = gateway.connections(&gateway.secret_key());
    let (mut client, id) = gateway.named().await;
    management.delete_connection().connection_id(&id).send().await.unwrap();
    assert_eq!(refused(management.post_to_connection().connection_id(&id).data(Blob::new("x")).send().await), gone());
    assert_eq!(refused(management.delete_connection().connection_id(&id).send().await), gone());
    let normally = "Connection Closed Normally".to_owned();
    assert_eq!(closed(&mut client).await, Some((1000, normally.clone())));
    assert_eq!(gateway.disconnection(&id).await, (1000, normally));
    assert_eq!(refused(management.get_connection().connection_id(&id).send().await), gone());
    assert_eq!(gateway.open().await, 0);
    gateway.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_gone_while_its_connect_runs() {
    let gateway = Gateway::start(TEMPLATE, Options::default()).await;
    let management = gateway.connections(&gateway.secret_key());
    let gate = gateway.dir.path().join("gate");
    let path = format!("/ws?wait_for={}", gate.display());
    let connecting = gateway.try_connect(&path, &[]);
    let posting = async {
        let connect = gateway.event("$connect", |event| event["requestContext"]["eventType"] == "CONNECT").await;
        let id = connect["requestContext"]["connectionId"].as_str().unwrap().to_owned();
        let post = management.post_to_connection().connection_id(&id).data(Blob::new("x")).send().await;
        assert_eq!(refused(post), gone());
        std::fs::write(&gate, "").unwrap();
        id
    };
    let (client, id) = tokio::join!(connecting, posting);
    let mut client = client.unwrap();
    until("the connection", async || management.get_connection().connection_id(&id).send().await.is_ok()).await;
    management.post_to_connection().connection_id(&id).data(Blob::new("welcome")).send().await.unwrap();
    assert_eq!(hear(&mut client).await, "welcome");
    gateway.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_refused_as_aws_refuses() {
    let gateway = Gateway::start(TEMPLATE, Options::default()).await;
    let management = gateway.connections(&gateway.secret_key());
    let (mut client, id) = gateway.named().await;
    let post = |id: &str, size: usize| {
        management.post_to_connection().connection_id(id).data(Blob::new(vec![b'x'; size])).send()
    };
    assert_eq!(refused(post("AAAAAAAAAAAAAAA=", 1).await), gone());
    assert_eq!(refused(post("../../x", 1).await), gone());
    for size in [MAX_MESSAGE + 1, 4 * MAX_MESSAGE] {
        assert_eq!(refused(post(&id, size).await), ("PayloadTooLargeException".to_owned(), 413));
    }
    let guessed = gateway.connections("guessed").post_to_connection().connection_id(&id).data(Blob::new("x")).send();
    assert_eq!(refused(guessed.await), ("InvalidSignatureException".to_owned(), 403));

    let url = format!("{}/@connections/{id}", gateway.stack.url("connections"));
    let http = reqwest::Client::new();
    for (authorization, kind) in [
        (None, "MissingAuthenticationTokenException"),
        (Some("Bearer x"), "IncompleteSignatureException"),
        (Some("AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=00"), "IncompleteSignatureException"),
    ] {
        let request = http.post(&url).body("x");
        let request = authorization.into_iter().fold(request, |request, value| request.header("authorization", value));
        let answer = request.send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers()["x-amzn-errortype"].to_str().unwrap()), (403, kind));
        assert!(answer.json::<Value>().await.unwrap()["message"].is_string());
    }
    let page = http.post(&url).header("origin", "http://127.0.0.1").send().await.unwrap();
    assert_eq!(page.status(), 403, "pages have no business here");
    assert_eq!(ask(&mut client, "still here").await, "still here");
    gateway.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stage_may_stand_before_the_path() {
    let gateway = Gateway::start(TEMPLATE, Options::default()).await;
    let with_stage = format!("{}/ws", gateway.stack.url("connections"));
    let management = gateway.connections_at(&with_stage, &gateway.secret_key());
    let (mut client, id) = gateway.named().await;
    management.post_to_connection().connection_id(&id).data(Blob::new("hi")).send().await.unwrap();
    assert_eq!(hear(&mut client).await, "hi");
    gateway.end().await;
}
