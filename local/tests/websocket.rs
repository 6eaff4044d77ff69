//! The WebSocket API from its handshake to its disconnection, with a function in Python behind it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "kit/websocket.rs"]
mod kit;

use futures_util::SinkExt;
use kit::{Gateway, TEMPLATE, ask, closed, hear, send, until};
use serde_json::{Value, json};
use skylark_local::websocket::Options;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_told_of_as_aws_tells() {
    let gateway = Gateway::start(TEMPLATE, Options::default()).await;
    let headers = [
        ("user-agent", "UA"),
        ("origin", gateway.stack.url("front")),
        ("x-viewer-address", "6.6.6.6"),
        ("x-origin-verify", "guess"),
        ("x-local-viewer-country", "DE"),
    ];
    let mut client = gateway.try_connect("/ws?a=1&a=2&b=%20c", &headers).await.unwrap();
    let connect = gateway.events()[0].clone();
    assert_eq!(connect["queryStringParameters"], json!({ "a": "2", "b": " c" }));
    assert_eq!(connect["multiValueQueryStringParameters"], json!({ "a": ["1", "2"], "b": [" c"] }));
    assert_eq!(connect["headers"]["Origin"], gateway.stack.url("front"));
    assert_eq!(connect["multiValueHeaders"]["Sec-WebSocket-Version"], json!(["13"]));
    assert_eq!(connect["headers"]["X-Viewer-Address"], "127.0.0.1");
    assert_eq!(connect["headers"]["CloudFront-Viewer-Country"], "DE");
    assert_eq!(connect["headers"]["X-Origin-Verify"].as_str().unwrap().len(), 32);
    assert_eq!(connect["isBase64Encoded"], false);
    assert!(connect.get("body").is_none());
    let context = &connect["requestContext"];
    for (field, value) in [
        ("routeKey", json!("$connect")),
        ("eventType", json!("CONNECT")),
        ("messageDirection", json!("IN")),
        ("stage", json!("ws")),
        ("apiId", json!("local-ws")),
        ("domainName", json!(gateway.authority())),
        ("identity", json!({ "sourceIp": "127.0.0.1", "userAgent": "UA" })),
    ] {
        assert_eq!(context[field], value, "{field}");
    }
    let id = context["connectionId"].as_str().unwrap();
    assert!(id.len() == 16 && id.ends_with('='), "{id}");
    assert!(context["connectedAt"].as_u64() <= context["requestTimeEpoch"].as_u64());

    assert_eq!(ask(&mut client, r#"{"type":"ECHO","reply":"hi"}"#).await, "hi");
    let message = gateway.events()[1].clone();
    assert!(message.get("headers").is_none() && message.get("queryStringParameters").is_none());
    assert_eq!(message["body"], r#"{"type":"ECHO","reply":"hi"}"#);
    let context = &message["requestContext"];
    assert_eq!((&context["routeKey"], &context["eventType"]), (&json!("ECHO"), &json!("MESSAGE")));
    assert_eq!((&context["connectionId"], &context["messageId"]), (&json!(id), &context["requestId"]));
    assert_eq!(context["connectedAt"], connect["requestContext"]["connectedAt"]);

    client.close(Some(CloseFrame { code: 4000.into(), reason: "enough".into() })).await.unwrap();
    assert_eq!(closed(&mut client).await, Some((4000, "enough".to_owned())));
    assert_eq!(gateway.disconnection(id).await, (4000, "enough".to_owned()));
    assert_eq!(gateway.events()[2]["requestContext"]["routeKey"], "$disconnect");
    assert_eq!(gateway.open().await, 0);
    gateway.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connect_accepts_or_refuses() {
    let gateway = Gateway::start(TEMPLATE, Options::default()).await;
    for (query, status) in
        [("status=401", 401), ("status=403", 403), ("status=500", 500), ("error=x", 502), ("status=101", 502)]
    {
        assert_eq!(gateway.refused(&format!("/ws?{query}"), &[]).await, status, "{query}");
    }
    let refused = gateway.try_connect("/ws?status=403", &[]).await.unwrap_err();
    assert!(!format!("{refused:?}").contains("not for clients"));
    let offered = [("sec-websocket-protocol", "chat, other")];
    gateway.try_connect("/ws?status=204&protocol=chat", &offered).await.unwrap();
    // tungstenite, like a browser, wants an answer to what it offers.
    assert!(gateway.try_connect("/ws", &offered).await.is_err());
    assert!(gateway.events().iter().filter(|event| event["requestContext"]["eventType"] == "DISCONNECT").count() <= 2);
    gateway.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_take_the_route_they_name() {
    let gateway = Gateway::start(TEMPLATE, Options::default()).await;
    let (mut client, id) = gateway.named().await;
    // What a one-way route answers stays with it; what is said in order is answered in order.
    send(&mut client, r#"{"type":"QUIET","reply":"never"}"#).await;
    send(&mut client, r#"{"type":"QUIET","error":"never"}"#).await;
    send(&mut client, r#"{"type":"ECHO","reply":""}"#).await;
    assert_eq!(ask(&mut client, r#"{"type":"ECHO","reply":"one"}"#).await, "one");
    assert_eq!(ask(&mut client, "no JSON").await, "no JSON");
    assert_eq!(ask(&mut client, r#"{"type":"$connect"}"#).await, r#"{"type":"$connect"}"#);
    client.send(Message::binary(vec![0xff, 0x00])).await.unwrap();
    assert_eq!(hear(&mut client).await, "/wA=");
    let failed: Value = serde_json::from_str(&ask(&mut client, r#"{"type":"ECHO","error":"x"}"#).await).unwrap();
    assert_eq!((&failed["message"], &failed["connectionId"]), (&json!("Internal server error"), &json!(id)));
    assert!(failed["requestId"].is_string());
    let events = gateway.events();
    let keys: Vec<_> = events.iter().map(|event| event["requestContext"]["routeKey"].as_str().unwrap()).collect();
    let wanted = ["$connect", "$default", "QUIET", "QUIET", "ECHO", "ECHO", "$default", "$default", "$default", "ECHO"];
    assert_eq!(keys, wanted);
    assert_eq!(events[8]["isBase64Encoded"], true);
    gateway.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_default_route_a_message_is_forbidden() {
    let template: String = TEMPLATE.split_once("  DefaultRoute:").unwrap().0.to_owned();
    let gateway = Gateway::start(&template, Options::default()).await;
    let mut client = gateway.connect().await;
    let refused: Value = serde_json::from_str(&ask(&mut client, r#"{"type":"NOISE"}"#).await).unwrap();
    assert_eq!(refused["message"], "Forbidden");
    assert_eq!(ask(&mut client, r#"{"type":"ECHO","reply":"fine"}"#).await, "fine");
    gateway.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stages_throttle_holds_for_messages_and_handshakes() {
    let template = TEMPLATE.replace("2000", "3").replace("4000", "0");
    let gateway = Gateway::start(&template, Options::default()).await;
    let mut client = gateway.connect().await;
    assert_eq!(ask(&mut client, "1").await, "1");
    assert_eq!(ask(&mut client, "2").await, "2");
    let refused: Value = serde_json::from_str(&ask(&mut client, "3").await).unwrap();
    assert_eq!(refused["message"], "Too Many Requests");
    assert_eq!(gateway.refused("/ws", &[]).await, 429);
    gateway.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_path_form_and_its_neighbours() {
    let gateway = Gateway::start(TEMPLATE, Options::default()).await;
    let path = "/ws/live/str_%C3%A9?user_id=u&streamId=other&username=a%20b";
    gateway.try_connect(path, &[]).await.unwrap();
    let query = gateway.events()[0]["queryStringParameters"].clone();
    assert_eq!(query, json!({ "streamId": "str_\u{e9}", "user_id": "u", "username": "a b" }));
    for path in ["/ws/live", "/ws/live/", "/ws/live/a/b", "/ws/other", "/ws/@connections/x"] {
        assert_eq!(gateway.refused(path, &[]).await, 403, "{path}");
    }
    let plain = reqwest::get(format!("{}/ws", gateway.stack.url("front"))).await.unwrap();
    assert_eq!((plain.status().as_u16(), plain.headers()["upgrade"].to_str().unwrap()), (426, "websocket"));
    let page = reqwest::get(format!("{}/wsx.txt", gateway.stack.url("front"))).await.unwrap();
    assert_eq!(page.status(), 404, "the web app's");
    gateway.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_pages_and_hosts_are_refused() {
    let gateway = Gateway::start(TEMPLATE, Options::default()).await;
    let port = gateway.authority().rsplit(':').next().unwrap();
    for (origin, host, status) in [
        ("https://evil.com", gateway.authority(), 403),
        ("null", gateway.authority(), 403),
        ("http://localhost:1", gateway.authority(), 403),
        ("http://evil.com", "evil.com", 421),
    ] {
        assert_eq!(gateway.refused("/ws", &[("origin", origin), ("host", host)]).await, status, "{origin} {host}");
    }
    assert!(gateway.events().is_empty(), "no function is asked");
    gateway.try_connect("/ws", &[("origin", &format!("http://localhost:{port}"))]).await.unwrap();
    gateway.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_while_connect_runs_gets_a_disconnect() {
    let gateway = Gateway::start(TEMPLATE, Options::default()).await;
    let gate = gateway.dir.path().join("gate");
    let path = format!("/ws?wait_for={}", gate.display());
    let mut leaves = Box::pin(gateway.try_connect(&path, &[]));
    let connect = gateway.event("$connect", |event| event["requestContext"]["eventType"] == "CONNECT");
    let connect = tokio::select! {
        connect = connect => connect,
        answer = &mut leaves => panic!("nobody has opened the gate yet: {answer:?}"),
    };
    drop(leaves);
    std::fs::write(&gate, "").unwrap();
    let id = connect["requestContext"]["connectionId"].as_str().unwrap();
    assert_eq!(gateway.disconnection(id).await.0, 1006);
    assert_eq!(gateway.open().await, 0);
    gateway.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_codes_of_disconnections() {
    let gateway = Gateway::start(TEMPLATE, Options::default()).await;
    let (mut client, id) = gateway.named().await;
    client.close(None).await.unwrap();
    assert_eq!(closed(&mut client).await, None);
    assert_eq!(gateway.disconnection(&id).await, (1005, "Client-side close frame status code not set".to_owned()));

    let (client, id) = gateway.named().await;
    drop(client);
    assert_eq!(gateway.disconnection(&id).await.0, 1006);
    until("the end of both", async || gateway.open().await == 0).await;
    gateway.end().await;
}
