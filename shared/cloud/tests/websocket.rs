//! Posts to connections, beside the SDK's, against a stand-in that writes down what it is asked.

#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::primitives::Blob;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_types::SdkConfig;
use aws_types::region::Region;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use skylark_cloud::websocket::WebSocketApi;
use skylark_domain::PortErrorKind;
use skylark_domain::ports::{Frame, Posted, SocketPush};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// What a stand-in was asked.
#[derive(Clone, Debug)]
struct Asked {
    peer: SocketAddr,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

/// A stand-in that answers as the connection's id says: `410`, `429 LimitExceededException`.
#[derive(Clone, Default)]
struct StandIn(Arc<Mutex<Vec<Asked>>>);

impl StandIn {
    async fn start(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().fallback(answer).with_state(self.clone());
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, app).await });
        format!("http://{address}/ws")
    }

    fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

async fn answer(
    State(stand_in): State<StandIn>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    (method, uri, headers): (Method, Uri, HeaderMap),
    body: Bytes,
) -> (StatusCode, [(&'static str, String); 1], String) {
    let path = uri.path().to_owned();
    stand_in.0.lock().unwrap().push(Asked { peer, method, path: path.clone(), headers, body });
    let id = path.rsplit('/').next().unwrap().replace("%20", " ");
    if id == "silent" {
        std::future::pending::<()>().await;
    }
    let (status, name) = id.split_once(' ').unwrap_or((&id, ""));
    let status = status.parse().ok().and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::OK);
    (status, [("x-amzn-errortype", name.to_owned())], "{\"message\":\"\"}".to_owned())
}

fn config() -> SdkConfig {
    let credentials = Credentials::new("AKID", "secret", Some("token".into()), None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build()
}

#[tokio::test]
async fn the_sdk_asks_for_the_same() {
    let stand_in = StandIn::default();
    let url = stand_in.start().await;
    let ours = WebSocketApi::new(&config(), &url).unwrap();
    let sdk = Client::new(&config().into_builder().endpoint_url(&url).build());
    let (id, text) = ("R0oX+df/0kwCH6w=", "{\"type\":\"PONG\"}");

    assert_eq!(ours.post(id, &Frame::new(text)).await.unwrap(), Posted::Done);
    sdk.post_to_connection().connection_id(id).data(Blob::new(text)).send().await.unwrap();
    assert!(ours.is_open(id).await.unwrap());
    sdk.get_connection().connection_id(id).send().await.unwrap();
    ours.close(id).await.unwrap();
    sdk.delete_connection().connection_id(id).send().await.unwrap();

    let asked = stand_in.asked();
    assert_eq!(asked.len(), 6);
    for pair in asked.chunks(2) {
        assert_eq!(pair[0].method, pair[1].method);
        assert_eq!(pair[0].path, pair[1].path);
        assert_eq!(pair[0].body, pair[1].body);
        for name in ["host", "x-amz-security-token"] {
            assert_eq!(pair[0].headers[name], pair[1].headers[name], "{name}");
        }
        let scope = |asked: &Asked| {
            let header = asked.headers["authorization"].to_str().unwrap().to_owned();
            header.split_once(',').unwrap().0.to_owned()
        };
        assert_eq!(scope(&pair[0]), scope(&pair[1]));
    }
    assert_eq!(asked[0].path, "/ws/@connections/R0oX%2Bdf%2F0kwCH6w%3D");
    assert_eq!(asked[0].headers["content-type"], asked[1].headers["content-type"]);
}

#[tokio::test]
async fn what_is_gone_or_full_is_no_error() {
    let stand_in = StandIn::default();
    let api = WebSocketApi::new(&config(), &stand_in.start().await).unwrap();
    let frame = Frame::new("{}");
    assert_eq!(api.post("410", &frame).await.unwrap(), Posted::Gone);
    assert_eq!(api.post("429 LimitExceededException", &frame).await.unwrap(), Posted::Throttled);
    assert!(!api.is_open("410").await.unwrap());
    assert_eq!(api.is_open("429").await.unwrap_err().kind, PortErrorKind::Throttled);
    api.close("410").await.unwrap();

    let refused = api.post("403 ForbiddenException", &frame).await.unwrap_err();
    assert_eq!(refused.kind, PortErrorKind::Rejected);
    assert_eq!(refused.source.to_string(), "403 Forbidden: ForbiddenException");
    assert_eq!(api.post("413", &frame).await.unwrap_err().kind, PortErrorKind::Rejected);
    assert_eq!(api.post("503", &frame).await.unwrap_err().kind, PortErrorKind::Unavailable);
}

#[tokio::test]
async fn an_api_that_is_silent_or_away_is_not_waited_for() {
    let stand_in = StandIn::default();
    let api = WebSocketApi::new(&config(), &stand_in.start().await).unwrap();
    let frame = Frame::new("{}");
    assert_eq!(api.post("silent", &frame).await.unwrap_err().kind, PortErrorKind::Timeout);

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}/ws", listener.local_addr().unwrap());
    drop(listener);
    let api = WebSocketApi::new(&config(), &nobody).unwrap();
    assert_eq!(api.post("id", &frame).await.unwrap_err().kind, PortErrorKind::Unavailable);
}

#[tokio::test]
async fn posts_share_a_few_kept_connections() {
    let stand_in = StandIn::default();
    let api = Arc::new(WebSocketApi::new(&config(), &stand_in.start().await).unwrap());
    let frame = Frame::new("{}");
    for _ in 0..50 {
        let mut posts = JoinSet::new();
        for id in 0..8 {
            let (api, frame) = (api.clone(), frame.clone());
            // An error's answer is read to its end too.
            let id = if id % 2 == 0 { "410".to_owned() } else { id.to_string() };
            posts.spawn(async move { api.post(&id, &frame).await.unwrap() });
        }
        posts.join_all().await;
    }
    let asked = stand_in.asked();
    assert_eq!(asked.len(), 400);
    let peers: HashSet<_> = asked.iter().map(|asked| asked.peer).collect();
    // A connection may be begun while another becomes free; then it is one more in the pool.
    assert!(peers.len() <= 16, "{}", peers.len());
}

#[test]
fn the_endpoint_of_the_configuration_wins() {
    let elsewhere = config().into_builder().endpoint_url("not a url").build();
    assert_eq!(WebSocketApi::new(&elsewhere, "https://x/ws").err().map(|e| e.kind), Some(PortErrorKind::Rejected));
    for wrong in ["", "/ws", "x.example/ws"] {
        assert_eq!(WebSocketApi::new(&config(), wrong).err().map(|error| error.kind), Some(PortErrorKind::Rejected));
    }
    assert!(WebSocketApi::new(&config(), "https://x.execute-api.eu-west-1.amazonaws.com/ws").is_ok());
}
