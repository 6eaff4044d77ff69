//! One IVS in this process: its wire, ingest and playback, and the events it puts on the bus.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_ivs::types::ChannelType;
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
use skylark_local::{http, lambda, mediaconvert};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::watch;

/// The ARN of the configuration that records into the bucket `media`.
pub(crate) const RECORDING: &str = "arn:aws:ivs:us-east-1:000000000000:recording-configuration/recordings12";

pub(crate) struct Server {
    pub(crate) ivs: Ivs,
    pub(crate) client: aws_sdk_ivs::Client,
    pub(crate) objects: Objects,
    pub(crate) state: State,
    pub(crate) rtmp: String,
    pub(crate) playback: String,
    pub(crate) stop: watch::Sender<bool>,
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
pub(crate) async fn start(dir: &Path, options: Options) -> Server {
    let world = world();
    let schemas = [lambda::SCHEMA, s3::SCHEMA, ivs::SCHEMA];
    let state = State::open(&dir.join("state.sqlite"), &schemas).unwrap();
    let bus = Bus::new(&world, AsyncInvocations::default(), state.clone()).unwrap();
    let objects = Objects::open(dir.join("objects"), &world.buckets, state.clone(), bus.clone()).unwrap();
    let free = async || TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let (rtmp, playback, wire) = (free().await, free().await, free().await);
    let addresses = Addresses::of(&rtmp, &playback).unwrap();
    let (rtmp_url, playback_url) = (format!("rtmp://{}", addresses.ingest), addresses.playback.clone());
    let tools = mediaconvert::find_tools(env!("CARGO_BIN_EXE_skylark").into()).unwrap();
    let ivs = Ivs::new(&options, addresses, objects.clone(), state.clone(), bus, Some(tools));
    ivs.ensure(&world.recording_configurations).unwrap();
    let (stop, stopped) = watch::channel(false);
    ivs.serve(rtmp, playback, stopped.clone()).await.unwrap();
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

/// A channel as an encoder and a player know it.
pub(crate) struct Channel {
    pub(crate) arn: String,
    pub(crate) key: String,
    pub(crate) playback: String,
}

impl Server {
    /// A channel of type BASIC.
    pub(crate) async fn channel(&self, recorded: bool) -> Channel {
        let create = self.client.create_channel().name("live").r#type(ChannelType::BasicChannelType);
        let create = if recorded { create.recording_configuration_arn(RECORDING) } else { create };
        let made = create.send().await.unwrap();
        let (channel, key) = (made.channel.unwrap(), made.stream_key.unwrap());
        Channel { arn: channel.arn.unwrap(), key: key.value.unwrap(), playback: channel.playback_url.unwrap() }
    }

    /// An encoder that sends to the channel until it is dropped: 30 frames a second with a key frame each second.
    pub(crate) fn encoder(&self, key: &str) -> Encoder {
        self.encoder_with(key, "-f lavfi -i testsrc2=size=640x360:rate=30 -f lavfi -i sine -b:v 500k -c:a aac")
    }

    /// An encoder of this input.
    pub(crate) fn encoder_with(&self, key: &str, input: &str) -> Encoder {
        let mut ffmpeg = Command::new(std::env::var_os("FFMPEG").unwrap_or_else(|| "ffmpeg".into()));
        ffmpeg.args(["-nostdin", "-v", "error", "-re"]).args(input.split(' '));
        ffmpeg.args(["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "30"]);
        ffmpeg.args(["-pix_fmt", "yuv420p", "-f", "flv"]).arg(format!("{}/live/{key}", self.rtmp));
        ffmpeg.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        Encoder(ffmpeg.spawn().expect("ffmpeg is needed for these tests"))
    }

    /// `event_name` or `recording_status` of the events of `aws.ivs` so far.
    pub(crate) fn states(&self) -> Vec<String> {
        let events = self.events();
        let of_ivs = events.iter().filter(|event| event["source"] == "aws.ivs").map(|event| &event["detail"]);
        of_ivs
            .map(|detail| ["event_name", "recording_status", "limit_name"].map(|name| detail[name].as_str()))
            .map(|names| names.into_iter().flatten().collect())
            .collect()
    }

    /// Waits until an event of this name was put.
    pub(crate) async fn until_state(&self, name: &str) {
        until(name, async || self.states().iter().any(|state| state == name)).await;
    }

    /// How many events of this name were put.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.states().iter().filter(|state| *state == name).count()
    }

    /// The events that were put so far, oldest first.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.state
            .transact(|transaction| {
                let mut query = transaction.prepare("SELECT payload FROM async_invocations ORDER BY rowid")?;
                let rows = query.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
                rows.map(|row| Ok(serde_json::from_slice::<Value>(&row?)?)).collect()
            })
            .unwrap()
    }
}

/// A running ffmpeg.
pub(crate) struct Encoder(Child);

impl Encoder {
    /// Ends the stream as a person does who stops an encoder.
    pub(crate) async fn stop(mut self) {
        let id = self.0.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().await.unwrap().success());
        self.0.wait().await.unwrap();
    }

    /// Waits for its end and answers what it complained of.
    pub(crate) async fn ended(self) -> String {
        let output = tokio::time::timeout(Duration::from_secs(30), self.0.wait_with_output()).await;
        String::from_utf8(output.expect("the encoder ends").unwrap().stderr).unwrap()
    }
}

/// The text at an address, if its status is this one.
pub(crate) async fn text(url: &str, status: u16) -> String {
    let answer = reqwest::get(url).await.unwrap();
    assert_eq!(answer.status(), status, "{url}");
    answer.text().await.unwrap()
}

/// The address of the media playlist that a multivariant playlist names.
pub(crate) async fn media_playlist(multivariant: &str) -> String {
    let text = text(multivariant, 200).await;
    let uri = text.lines().find(|line| !line.starts_with('#') && !line.is_empty()).unwrap();
    reqwest::Url::parse(multivariant).unwrap().join(uri).unwrap().to_string()
}

/// Waits for something to be true.
pub(crate) async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !condition().await {
        assert!(started.elapsed() < Duration::from_secs(30), "{what} does not happen");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
