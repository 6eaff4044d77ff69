//! What holds for every function: its sample events, its declared operations, its place behind the front door.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use skylark_tests::Stack;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// How a sample event is answered.
#[derive(Debug, Clone, Copy)]
enum Answer {
    /// With this status.
    Http(u64),
    /// With this status, to a WebSocket API: there are no headers.
    Socket(u64),
    /// It is done.
    Done,
    /// With the sequence numbers of records that failed.
    Items(&'static [&'static str]),
    /// With an error: Lambda delivers it again.
    Fails,
}

use Answer::{Done, Fails, Http, Items, Socket};

/// Nobody in the samples exists here, and no page of theirs is this stack's own.
const SAMPLES: [(&str, Answer); 81] = [
    ("auth-handler/register", Http(201)),
    ("auth-handler/register-malformed", Http(400)),
    ("auth-handler/login-unknown-user", Http(401)),
    ("auth-handler/refresh-garbage", Http(401)),
    ("auth-handler/logout-garbage", Http(204)),
    ("auth-handler/logout-all-without-token", Http(401)),
    ("auth-handler/me-without-token", Http(401)),
    ("auth-handler/password-without-token", Http(401)),
    ("auth-handler/jwks", Http(200)),
    ("site-handler/health", Http(200)),
    ("site-handler/live", Http(200)),
    ("site-handler/openapi", Http(200)),
    ("site-handler/unknown-path", Http(404)),
    ("site-handler/watch-unknown", Http(404)),
    ("site-handler/watch-post", Http(405)),
    ("site-handler/live-unknown", Http(404)),
    ("site-handler/embed-no-id", Http(404)),
    ("site-handler/oembed-other-site", Http(404)),
    ("site-handler/oembed-no-url", Http(400)),
    ("site-handler/oembed-xml", Http(501)),
    ("video-handler/list", Http(200)),
    ("video-handler/upload-without-token", Http(401)),
    ("video-handler/caption-without-token", Http(401)),
    ("video-handler/unknown-video", Http(404)),
    ("video-handler/no-video-id", Http(404)),
    ("video-upload-trigger/foreign-key", Done),
    ("video-upload-trigger/unknown-upload", Done),
    ("video-upload-trigger/malformed", Fails),
    ("video-status-update/progress", Done),
    ("video-status-update/complete", Done),
    ("video-status-update/error", Done),
    ("video-status-update/job-of-others", Done),
    ("stream-handler/list-live", Http(200)),
    ("stream-handler/create-without-token", Http(401)),
    ("stream-handler/unknown-stream", Http(404)),
    ("stream-handler/no-stream-id", Http(404)),
    ("stream-handler/seed-feed", Http(200)),
    ("stream-handler/callback-without-signature", Http(401)),
    ("stream-handler/chat-ticket", Http(404)),
    ("stream-handler/chat-messages", Http(404)),
    ("stream-handler/ban-without-token", Http(401)),
    ("stream-handler/appoint-without-token", Http(401)),
    ("stream-status-update/session-created", Items(&[])),
    ("stream-status-update/stream-start", Items(&[])),
    ("stream-status-update/stream-end", Items(&[])),
    ("stream-status-update/session-ended", Items(&[])),
    ("stream-status-update/stream-failure", Items(&[])),
    ("stream-status-update/starvation-start", Items(&[])),
    ("stream-status-update/limit-breach", Items(&[])),
    ("stream-status-update/recording-start", Items(&[])),
    ("stream-status-update/recording-end", Items(&[])),
    ("stream-status-update/ingest-sample", Items(&[])),
    ("stream-status-update/malformed", Fails),
    ("stream-status-update/nudge", Items(&[])),
    ("stream-status-update/nudge-malformed", Items(&[])),
    ("event-publisher/one-event", Items(&[])),
    ("event-publisher/no-event", Items(&["1795255200000002"])),
    ("housekeeper/every-minute", Done),
    ("chat-broadcast/banned", Items(&[])),
    ("chat-broadcast/count-due", Items(&[])),
    ("chat-broadcast/count-due-malformed", Items(&[])),
    ("chat-broadcast/joined", Items(&[])),
    ("chat-broadcast/left", Items(&[])),
    ("chat-broadcast/left-by-ttl", Items(&[])),
    ("chat-broadcast/message", Items(&[])),
    ("chat-broadcast/message-deleted", Items(&[])),
    ("chat-broadcast/message-malformed", Items(&[])),
    ("chat-broadcast/not-for-rooms", Items(&[])),
    ("chat-broadcast/sample", Items(&[])),
    ("chat-broadcast/signed-out", Items(&[])),
    ("chat-broadcast/slow-mode", Items(&[])),
    ("chat-broadcast/stream-stopped", Items(&[])),
    ("chat-broadcast/token-expired", Items(&[])),
    ("chat-connect/ticket", Socket(403)),
    ("chat-connect/foreign-origin", Socket(403)),
    ("chat-connect/nobody", Socket(403)),
    ("chat-connect/guest", Socket(404)),
    ("chat-disconnect/going-away", Socket(200)),
    ("chat-message/chat", Socket(200)),
    ("chat-message/hello", Socket(200)),
    ("chat-message/no-json", Socket(200)),
];

#[tokio::test]
async fn every_sample_event_is_answered_as_it_should() {
    let stack = Stack::start().unwrap();
    let client = reqwest::Client::new();
    let mut files = BTreeSet::new();
    for function in std::fs::read_dir(Path::new(ROOT).join("events")).unwrap() {
        let function = function.unwrap();
        for case in std::fs::read_dir(function.path()).unwrap() {
            let case = case.unwrap().path();
            let case = case.file_stem().unwrap().to_string_lossy().into_owned();
            files.insert(format!("{}/{case}", function.file_name().to_string_lossy()));
        }
    }
    let listed: BTreeSet<String> = SAMPLES.iter().map(|(sample, _)| (*sample).to_owned()).collect();
    assert_eq!(files, listed, "every sample has its expectation here");
    for (sample, expected) in SAMPLES {
        let event = std::fs::read(Path::new(ROOT).join(format!("events/{sample}.json"))).unwrap();
        let function = sample.split('/').next().unwrap();
        let url = format!("{}/2015-03-31/functions/{function}/invocations", stack.url("lambda"));
        let answer = client.post(url).body(event).send().await.unwrap();
        let failed = answer.headers().contains_key("x-amz-function-error");
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(failed, matches!(expected, Fails), "{sample}: {answer}");
        match expected {
            Http(status) => {
                assert_eq!(answer["statusCode"], status, "{sample}: {answer}");
                let request_id = answer["headers"]["x-request-id"].as_str();
                assert!(request_id.is_some_and(|id| !id.is_empty()), "{sample}: {answer}");
            }
            Socket(status) => assert_eq!(answer["statusCode"], status, "{sample}: {answer}"),
            Items(failed) => {
                let failures: Vec<Value> =
                    failed.iter().map(|number| serde_json::json!({ "itemIdentifier": number })).collect();
                assert_eq!(answer, serde_json::json!({ "batchItemFailures": failures }), "{sample}");
            }
            Done => assert_eq!(answer, Value::Null, "{sample}"),
            Fails => {}
        }
    }
}

#[tokio::test]
async fn every_declared_operation_is_routed_to_a_function_that_knows_it() {
    let stack = Stack::shared();
    let client = reqwest::Client::new();
    let document = std::fs::read(Path::new(ROOT).join("docs/openapi.json")).unwrap();
    let document: Value = serde_json::from_slice(&document).unwrap();
    let mut operations = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            operations += 1;
            let url = format!("{}{}", stack.url("front"), filled(path));
            let method = method.to_uppercase().parse().unwrap();
            let answer = client.request(method, &url).send().await.unwrap();
            assert_ne!(answer.status(), 405, "{url}");
            assert!(answer.status().as_u16() < 500, "{url}");
            if answer.status() == 404 {
                let problem: Value = answer.json().await.unwrap();
                let detail = problem["detail"].as_str().unwrap_or_default();
                assert!(detail.starts_with("There is no such "), "{url}: {problem}");
            }
        }
    }
    assert!(operations >= 24, "{operations}");
}

/// A path with something for each of its variables.
fn filled(path: &str) -> String {
    let parts: Vec<&str> =
        path.split('/').map(|part| if part.starts_with('{') { "nobody_here" } else { part }).collect();
    parts.join("/")
}

#[tokio::test]
async fn foreign_hosts_and_pages_of_other_origins_are_turned_away() {
    let stack = Stack::shared();
    let client = reqwest::Client::new();
    for service in ["front", "dynamodb", "secretsmanager", "lambda", "admin"] {
        let answer = client.get(stack.url(service)).header("host", "evil.example").send().await.unwrap();
        assert_eq!(answer.status(), 421, "{service}");
        let answer = client.post(stack.url(service)).header("origin", "https://evil.example").send().await.unwrap();
        assert_eq!(answer.status(), 403, "{service}");
    }
}

#[tokio::test]
async fn a_table_that_is_down_makes_the_service_unready_and_says_nothing_inner() {
    let stack = Stack::start().unwrap();
    let client = reqwest::Client::new();
    let healthy: Value = reqwest::get(format!("{}/health", stack.url("front"))).await.unwrap().json().await.unwrap();
    let up = serde_json::json!({ "table": "UP", "uploads": "UP", "media": "UP" });
    assert_eq!(healthy, serde_json::json!({ "status": "UP", "dependencies": up }));
    stack.inject("dynamodb", "*", "unavailable", 1000).await.unwrap();
    let answer = client.get(format!("{}/health/ready", stack.url("front"))).send().await.unwrap();
    assert_eq!(answer.status(), 503);
    let report: Value = answer.json().await.unwrap();
    assert_eq!(
        report,
        serde_json::json!({
            "status": "DOWN", "dependencies": { "table": "DOWN", "uploads": "UP", "media": "UP" },
        })
    );
    // The function itself is alive.
    let answer = client.get(format!("{}/health/live", stack.url("front"))).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn large_and_unknown_requests_get_clear_answers() {
    let stack = Stack::shared();
    // The server hangs up on what is too large: no connection is used twice.
    let client = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
    let front = stack.url("front");
    let send = |path: &str, body: Vec<u8>| {
        client.post(format!("{front}{path}")).header("content-type", "application/json").body(body).send()
    };
    assert_eq!(send("/api/v1/auth/login", vec![b' '; 256 * 1024 + 1]).await.unwrap().status(), 413);
    assert_eq!(send("/api/v1/auth/login", vec![b' '; 11 * 1024 * 1024]).await.unwrap().status(), 413);
    assert_eq!(send("/api/v1/auth/nothing", Vec::new()).await.unwrap().status(), 404);
    assert_eq!(send("/api/v1/nothing", Vec::new()).await.unwrap().status(), 404);
    let answer = client.post(format!("{front}/api/v1/auth/login")).body("x").send().await.unwrap();
    assert_eq!(answer.status(), 415);
    let answer = client.delete(format!("{front}/api/v1/auth/login")).send().await.unwrap();
    assert_eq!(answer.status(), 405);
}

#[tokio::test]
async fn no_secret_reaches_a_log() {
    let stack = Stack::start().unwrap();
    let ada = skylark_tests::Person::register(&stack).await.unwrap();
    ada.log_in_with("a wrong password").await.unwrap();
    ada.refresh_with(&ada.refresh_token).await.unwrap();
    let secrets = std::fs::read(stack.data().join("secrets.json")).unwrap();
    let secrets: std::collections::BTreeMap<String, String> = serde_json::from_slice(&secrets).unwrap();
    let mut known: Vec<String> = secrets.into_values().collect();
    known.extend([ada.password.clone(), ada.access_token.clone(), ada.refresh_token.clone()]);
    known.extend(["a wrong password".to_owned(), "$argon2id$".to_owned()]);
    let mut logs = String::new();
    for log in std::fs::read_dir(stack.data().join("logs")).unwrap() {
        logs.push_str(&std::fs::read_to_string(log.unwrap().path()).unwrap());
    }
    assert!(logs.contains("START RequestId"), "{logs}");
    for secret in known {
        assert!(!logs.contains(&secret), "{secret} stands in a log");
    }
}
