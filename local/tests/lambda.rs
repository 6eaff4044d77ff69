//! The Lambda host, with a function in Python so that the Runtime API is met by another hand.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use skylark_local::lambda::{Environment, Invocation, Lambda, Settings};
use skylark_local::world::{Function, World};

struct Host {
    dir: tempfile::TempDir,
    lambda: Lambda,
}

impl Host {
    async fn start(timeout: Duration, environment: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let binary = dir.path().join("sample");
        std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/function.py"), &binary).unwrap();
        std::fs::set_permissions(&binary, std::fs::Permissions::from_mode(0o755)).unwrap();
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut environment: BTreeMap<String, String> = environment.collect();
        // The fixture's interpreter stands where this machine has it.
        environment.insert("PATH".to_owned(), std::env::var("PATH").unwrap());
        let function = Function {
            name: "sample".into(),
            deployed_name: "stack-sample".into(),
            memory_mb: 128,
            timeout,
            environment,
            async_retries: 2,
            on_failure: None,
            line: 1,
        };
        let world = World { functions: BTreeMap::from([("sample".to_owned(), function)]), ..World::default() };
        let settings = Settings {
            skylark: env!("CARGO_BIN_EXE_skylark").into(),
            bin_dir: dir.path().to_owned(),
            logs: dir.path().join("logs"),
            environment: Environment {
                endpoints: BTreeMap::from([("DYNAMODB".to_owned(), "http://x".to_owned())]),
                secret_key: "secret".into(),
            },
        };
        Self { lambda: Lambda::start(&world, settings).await.unwrap(), dir }
    }

    async fn invoke(&self, event: Value) -> Invocation {
        self.lambda.invoke("sample", event.to_string().into()).await
    }

    async fn answer(&self, event: Value) -> Value {
        serde_json::from_slice(&self.invoke(event).await.outcome.unwrap()).unwrap()
    }

    async fn error(&self, event: Value) -> (String, String) {
        let error = self.invoke(event).await.outcome.unwrap_err();
        (error.error_type, error.message)
    }
}

fn is_alive(pid: &Value) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < Duration::from_secs(20), "{what} does not happen");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_process_serves_one_event_after_another_in_awss_environment() {
    let host = Host::start(Duration::from_secs(20), &[("OWN", "mine")]).await;
    let first = host.answer(json!({})).await;
    let second = host.answer(json!({})).await;
    assert_eq!(first["pid"], second["pid"]);
    assert_ne!(first["request"], second["request"]);
    assert!(first["left_ms"].as_f64().unwrap() > 10_000.0, "{first}");
    let environment = &first["env"];
    for (name, value) in [
        ("AWS_LAMBDA_FUNCTION_NAME", "stack-sample"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_ENDPOINT_URL_DYNAMODB", "http://x"),
        ("AWS_ACCESS_KEY_ID", "sample"),
        ("OWN", "mine"),
    ] {
        assert_eq!(environment[name], value);
    }
    assert!(environment.get("HOME").is_none(), "nothing of ours leaks in");
    until("the log", || {
        let log = std::fs::read_to_string(host.dir.path().join("logs/sample.log")).unwrap_or_default();
        ["started", "START RequestId", "REPORT RequestId"].iter().all(|part| log.contains(part))
    })
    .await;
    host.lambda.shutdown().await;
    until("the end of the process", || !is_alive(&first["pid"])).await;
}

#[tokio::test]
async fn a_timed_out_invocation_is_killed() {
    let host = Host::start(Duration::from_millis(1500), &[]).await;
    let pid = host.answer(json!({})).await["pid"].clone();
    let (kind, message) = host.error(json!({ "wait_for": "/nowhere" })).await;
    assert_eq!(kind, "Sandbox.Timedout");
    assert!(message.ends_with("Error: Task timed out after 1.50 seconds"), "{message}");
    until("the end of the process", || !is_alive(&pid)).await;
    assert_ne!(host.answer(json!({})).await["pid"], pid, "the next event gets another process");
}

#[tokio::test]
async fn errors_and_exits_are_told_apart() {
    let host = Host::start(Duration::from_secs(20), &[]).await;
    assert_eq!(host.error(json!({ "error": "sorry" })).await, ("Bad".to_owned(), "sorry".to_owned()));
    let (kind, message) = host.error(json!({ "exit": true })).await;
    assert_eq!(kind, "Runtime.ExitError");
    assert!(message.ends_with("Runtime exited: exit status: 3"), "{message}");
    host.answer(json!({})).await;
}

#[tokio::test]
async fn a_function_that_cannot_start_says_why() {
    let host = Host::start(Duration::from_secs(20), &[("FAIL_INIT", "1")]).await;
    assert_eq!(host.error(json!({})).await, ("Config".to_owned(), "no good".to_owned()));
}

#[tokio::test]
async fn at_most_eight_processes_run_and_the_rest_waits_in_line() {
    let host = Host::start(Duration::from_secs(20), &[]).await;
    let gate = host.dir.path().join("gate");
    let calls: Vec<_> = (0..12)
        .map(|_| {
            let (lambda, event) = (host.lambda.clone(), json!({ "wait_for": gate }).to_string());
            tokio::spawn(async move { lambda.invoke("sample", event.into()).await })
        })
        .collect();
    let log = host.dir.path().join("logs/sample.log");
    let started = || std::fs::read_to_string(&log).unwrap_or_default().matches("started").count();
    until("eight processes", || started() == 8).await;
    std::fs::write(&gate, "").unwrap();
    let mut pids = BTreeSet::new();
    for call in calls {
        let answer: Value = serde_json::from_slice(&call.await.unwrap().outcome.unwrap()).unwrap();
        pids.insert(answer["pid"].to_string());
    }
    assert_eq!(pids.len(), 8);
}

#[tokio::test]
async fn a_caller_that_hangs_up_does_not_cost_a_process() {
    let host = Host::start(Duration::from_secs(20), &[]).await;
    let gate = host.dir.path().join("gate");
    let call = tokio::spawn({
        let (lambda, event) = (host.lambda.clone(), json!({ "wait_for": gate }).to_string());
        async move { lambda.invoke("sample", event.into()).await }
    });
    let log = host.dir.path().join("logs/sample.log");
    let count = |word: &str| std::fs::read_to_string(&log).unwrap_or_default().matches(word).count();
    until("the start", || count("started") == 1).await;
    call.abort();
    std::fs::write(&gate, "").unwrap();
    until("the end of the abandoned event", || count("REPORT") == 1).await;
    host.answer(json!({})).await;
    assert_eq!(count("started"), 1, "the same process serves the next event");
}
