//! The web app's files behind the front door, and Vite's dev server in their place.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "kit/websocket.rs"]
mod kit;

use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use futures_util::{SinkExt, StreamExt};
use hyper_util::rt::TokioIo;
use kit::{Gateway, TEMPLATE, ask, hear};
use skylark_local::web::Web;
use skylark_local::websocket::Options;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

/// Says what it was asked for, and repeats what it hears.
async fn play_vite(mut request: Request) -> Response {
    let said = format!("<title>{} {}</title>", request.uri(), request.headers()[header::HOST].to_str().unwrap());
    let Some(key) = request.headers().get(header::SEC_WEBSOCKET_KEY) else { return Html(said).into_response() };
    let accept = derive_accept_key(key.as_bytes());
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let socket = TokioIo::new(upgrade.await.unwrap());
        let mut socket = WebSocketStream::from_raw_socket(socket, Role::Server, None).await;
        socket.send(said.into()).await.unwrap();
        while let Some(Ok(message)) = socket.next().await {
            socket.send(message).await.unwrap();
        }
    });
    let headers = [("connection", "Upgrade"), ("upgrade", "websocket"), ("sec-websocket-protocol", "vite-hmr")];
    (StatusCode::SWITCHING_PROTOCOLS, headers, [(header::SEC_WEBSOCKET_ACCEPT, accept)]).into_response()
}

/// A stack before a Vite, and what ends that Vite.
async fn start() -> (Gateway, oneshot::Sender<()>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel();
    tokio::spawn(async move {
        let serve = axum::serve(listener, Router::new().fallback(play_vite));
        tokio::select! {
            served = serve => served.unwrap(),
            _ = stopped => {}
        }
    });
    let web = Web::Vite(url.parse().unwrap());
    (Gateway::start_in(tempfile::tempdir().unwrap(), TEMPLATE, Options::default(), web).await, stop)
}

#[tokio::test(flavor = "multi_thread")]
async fn vite_makes_the_page_and_the_rest_stays_as_it_is() {
    let (gateway, stop) = start().await;
    let front = gateway.stack.url("front");
    // Connections to a Vite that is gone are not used again.
    let client = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
    for path in ["/", "/streams/x", "/src/main.tsx?t=1&import", "/@vite/client"] {
        let answer = client.get(format!("{front}{path}")).send().await.unwrap();
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("style-src 'self' 'unsafe-inline'"), "{policy}");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        assert_eq!(answer.text().await.unwrap(), format!("<title>{path} {}</title>", gateway.authority()));
    }
    assert_eq!(client.post(format!("{front}/x")).send().await.unwrap().status(), 405);
    assert_eq!(client.get(format!("{front}/api/x")).send().await.unwrap().status(), 404);
    stop.send(()).unwrap();
    kit::until("Vite is gone", async || {
        let answer = client.get(front).send().await.unwrap();
        answer.status() == 502 && answer.text().await.unwrap().starts_with("Vite does not answer at http://127.0.0.1:")
    })
    .await;
    gateway.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_hears_of_changes_over_its_own_origin() {
    let (gateway, _stop) = start().await;
    let own = format!("http://{}", gateway.authority());
    let headers = [("sec-websocket-protocol", "vite-hmr"), ("origin", own.as_str())];
    let mut socket = gateway.try_connect("/?token=abc", &headers).await.unwrap();
    assert_eq!(hear(&mut socket).await, format!("<title>/?token=abc {}</title>", gateway.authority()));
    let large = "x".repeat(200_000);
    assert_eq!(ask(&mut socket, &large).await, large);
    // Chat's own path is not Vite's.
    let _chat = gateway.connect().await;
    assert_eq!(gateway.events().len(), 1, "chat alone is told to the function");
    let foreign = [("sec-websocket-protocol", "vite-hmr"), ("origin", "https://evil.example")];
    assert_eq!(gateway.refused("/?token=abc", &foreign).await, 403);
    gateway.end().await;
}
