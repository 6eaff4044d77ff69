//! One IVS in this process: its wire, ingest and playback, and the events it puts on the bus.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::path::Path;
use std::time::{Duration, Instant};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_types::SdkConfig;
use aws_types::region::Region;
use serde_json::{Value, json};
use skylark_local::bus::Bus;
use skylark_local::ivs::{self, Addresses, Ivs, Options};
use skylark_local::lambda::AsyncInvocations;
use skylark_local::s3::{self, Objects};
use skylark_local::state::State;
use skylark_local::tap::Tap;
use skylark_local::world::{Bucket, RecordingConfiguration, Rule, World};
use skylark_local::{http, lambda};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// The ARN of the configuration that records into the bucket `media`.
pub const RECORDING: &str = "arn:aws:ivs:us-east-1:000000000000:recording-configuration/recordings12";

pub struct Server {
    pub ivs: Ivs,
    pub client: aws_sdk_ivs::Client,
    pub objects: Objects,
    pub state: State,
    pub rtmp: String,
    pub playback: String,
    pub stop: watch::Sender<bool>,
}

/// One function that wants every event; nothing runs it, its invocations stay where they can be read.
fn world() -> World {
    let rule = |name: &str, source: &str| Rule {
        name: name.into(),
        bus: "default".into(),
        pattern: json!({ "source": [source] }),
        function: "sample".into(),
        line: 1,
    };
    let bucket = Bucket {
        name: "media".into(),
        logical_name: "MediaBucket".into(),
        event_bridge: false,
        cors: Vec::new(),
        expirations: Vec::new(),
        abort_multipart_after: None,
    };
    let create = json!({
        "name": "recordings",
        "destinationConfiguration": { "s3": { "bucketName": "media" } },
        "thumbnailConfiguration": { "storage": ["SEQUENTIAL", "LATEST"] },
    });
    World {
        rules: vec![rule("Ivs", "aws.ivs"), rule("Ingest", "skylark.ingest")],
        buckets: vec![bucket],
        recording_configurations: vec![RecordingConfiguration { arn: RECORDING.into(), create }],
        ..World::default()
    }
}

/// Starts an IVS on the data in `dir`.
pub async fn start(dir: &Path, options: Options) -> Server {
    let world = world();
    let schemas = [lambda::SCHEMA, s3::SCHEMA, ivs::SCHEMA];
    let state = State::open(&dir.join("state.sqlite"), &schemas).unwrap();
    let bus = Bus::new(&world, AsyncInvocations::default(), state.clone()).unwrap();
    let objects = Objects::open(dir.join("objects"), &world.buckets, state.clone(), bus.clone()).unwrap();
    let free = async || TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let (rtmp, playback, wire) = (free().await, free().await, free().await);
    let addresses = Addresses::of(&rtmp, &playback).unwrap();
    let (rtmp_url, playback_url) = (format!("rtmp://{}", addresses.ingest), addresses.playback.clone());
    let ivs = Ivs::new(&options, addresses, objects.clone(), state.clone(), bus);
    ivs.ensure(&world.recording_configurations).unwrap();
    let (stop, stopped) = watch::channel(false);
    let endpoint = format!("http://{}", wire.local_addr().unwrap());
    tokio::spawn(http::serve(wire, ivs.router(&Tap::default()), stopped.clone()));
    let credentials = Credentials::new("test", "test", None, None, "test");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(endpoint)
        .retry_config(aws_types::sdk_config::RetryConfig::disabled())
        .build();
    let client = aws_sdk_ivs::Client::new(&config);
    Server { ivs, client, objects, state, rtmp: rtmp_url, playback: playback_url, stop }
}

impl Server {
    /// The events that were put so far: detail type and detail.
    pub fn events(&self) -> Vec<Value> {
        self.state
            .transact(|transaction| {
                let mut query = transaction.prepare("SELECT payload FROM async_invocations ORDER BY rowid")?;
                let rows = query.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
                rows.map(|row| Ok(serde_json::from_slice::<Value>(&row?)?)).collect()
            })
            .unwrap()
    }
}

/// Waits for something to be true.
pub async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !condition().await {
        assert!(started.elapsed() < Duration::from_secs(30), "{what} does not happen");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
