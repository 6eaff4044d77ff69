//! The MediaConvert stand-in, met by AWS's own client through Skylark's adapter, with real media.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_mediaconvert::types::{Job, JobStatus};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_types::SdkConfig;
use aws_types::region::Region;
use serde_json::{Value, json};
use skylark_cloud::mediaconvert::MediaConvert as Adapter;
use skylark_domain::PortErrorKind;
use skylark_domain::ids::new_id;
use skylark_domain::ports::Transcoder;
use skylark_domain::testing::{sample_input, sample_video};
use skylark_domain::video::source::Input;
use skylark_domain::video::transcoding::Order;
use skylark_domain::video::{Places, Video, names};
use skylark_local::bus::Bus;
use skylark_local::lambda::AsyncInvocations;
use skylark_local::mediaconvert::{self, MediaConvert, Tools};
use skylark_local::s3::{self, Headers, Objects};
use skylark_local::state::State;
use skylark_local::tap::Tap;
use skylark_local::world::{Bucket, Function, Rule, World};
use skylark_local::{http, lambda};
use skylark_tests::media;
use tokio::net::TcpListener;
use tokio::sync::watch;

struct Server {
    adapter: Adapter,
    client: aws_sdk_mediaconvert::Client,
    objects: Objects,
    invocations: State,
    dir: PathBuf,
    stop: watch::Sender<bool>,
    runner: tokio::task::JoinHandle<()>,
}

fn bucket(name: &str) -> Bucket {
    Bucket {
        name: name.into(),
        logical_name: name.into(),
        event_bridge: false,
        cors: Vec::new(),
        expirations: Vec::new(),
        abort_multipart_after: None,
    }
}

/// One function that wants every job event; nothing runs it, its invocations stay where they can be read.
fn world() -> World {
    let function = Function {
        name: "sample".into(),
        deployed_name: "stack-sample".into(),
        memory_mb: 128,
        timeout: Duration::from_secs(3),
        environment: [].into(),
        async_retries: 0,
        on_failure: None,
        line: 1,
    };
    World {
        functions: [("sample".to_owned(), function)].into(),
        rules: vec![Rule {
            name: "Jobs".into(),
            bus: "default".into(),
            pattern: json!({ "source": ["aws.mediaconvert"] }),
            function: "sample".into(),
            line: 1,
        }],
        ..World::default()
    }
}

async fn start(dir: &Path) -> Server {
    let schemas = [lambda::SCHEMA, s3::SCHEMA, mediaconvert::SCHEMA];
    let state = State::open(&dir.join("state.sqlite"), &schemas).unwrap();
    let bus = Bus::new(&world(), AsyncInvocations::default(), state.clone()).unwrap();
    let buckets = [bucket("uploads"), bucket("media")];
    let objects = Objects::open(dir.join("objects"), &buckets, state.clone(), bus.clone()).unwrap();
    let tools: Tools = mediaconvert::find_tools(env!("CARGO_BIN_EXE_skylark").into()).unwrap();
    let service = MediaConvert::new(dir.join("jobs"), objects.clone(), state.clone(), bus, Ok(tools));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(http::serve(listener, service.router(&Tap::default()), stopped.clone()));
    let runner = tokio::spawn(service.run(stopped));
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("test", "test", None, None, "test")))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(endpoint)
        .build();
    let places = Places {
        job_queue: "arn:aws:mediaconvert:us-east-1:000000000000:queues/vod".into(),
        job_role: "arn:aws:iam::000000000000:role/media".into(),
        upload_bucket: "uploads".into(),
        media_bucket: "media".into(),
    };
    Server {
        adapter: Adapter::new(&config, places),
        client: aws_sdk_mediaconvert::Client::new(&config),
        objects,
        invocations: state,
        dir: dir.to_owned(),
        stop,
        runner,
    }
}

impl Server {
    /// Where the file for an object is made.
    fn file(&self, key: &str) -> PathBuf {
        self.dir.join(key)
    }

    /// Puts the made file into the upload bucket.
    async fn put(&self, key: &str) {
        self.objects.adopt("uploads", key, &self.file(key), Headers::default()).await.unwrap();
    }

    /// The order for `input` at `key`.
    fn order(&self, key: &str, input: Input) -> Order {
        let video = Video { input: Some(input), attempt: 1, id: new_id(jiff::Timestamp::now()), ..sample_video() };
        let order = Order::of(&video, 600).unwrap();
        Order { source_key: key.to_owned(), ..order }
    }

    async fn job(&self, id: &str) -> Job {
        self.client.get_job().id(id).send().await.unwrap().job.unwrap()
    }

    async fn ended(&self, id: &str) -> Job {
        let started = Instant::now();
        loop {
            let job = self.job(id).await;
            if matches!(job.status(), Some(JobStatus::Complete | JobStatus::Error | JobStatus::Canceled)) {
                return job;
            }
            assert!(started.elapsed() < Duration::from_secs(60), "{job:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The details of the events that were put so far.
    fn events(&self) -> Vec<Value> {
        self.invocations
            .transact(|transaction| {
                let mut query = transaction.prepare("SELECT payload FROM async_invocations ORDER BY rowid")?;
                let rows = query.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
                rows.map(|row| Ok(serde_json::from_slice::<Value>(&row?)?["detail"].take())).collect()
            })
            .unwrap()
    }

    fn keys(&self, prefix: &str) -> Vec<String> {
        self.objects.list("media", prefix, "", 1000).unwrap().into_iter().map(|object| object.key).collect()
    }
}

#[tokio::test]
async fn a_job_writes_what_its_settings_say_under_aws_names() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path()).await;
    media::movie(&server.file("a.mp4"), 1280, 720, 7).unwrap();
    server.put("a.mp4").await;
    let probed = server.adapter.probe("a.mp4").await.unwrap().unwrap();
    let video = probed.video.unwrap();
    assert_eq!((probed.container.as_str(), video.width, video.height, probed.has_audio), ("mp4", 1280, 720, true));
    assert_eq!((video.frame_rate, video.is_known), (Some(30.0), true));

    let input = Input { width: 1280, height: 720, duration_ms: Some(7000), ..sample_input() };
    let order = server.order("a.mp4", input);
    let id = server.adapter.create_job(&order).await.unwrap();
    let again = server.adapter.create_job(&order).await.unwrap();
    assert_eq!(id, again, "the same request token names the same job");
    let found = server.adapter.find_jobs("a.mp4").await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].attempt, found[0].video_id.clone()), (Some(1), Some(order.video_id.to_string())));
    let job = server.ended(&id).await;
    assert_eq!(job.status(), Some(&JobStatus::Complete), "{job:?}");

    let at = |key: &str| format!("{}/{key}", names::media_base(order.user_id, order.video_id));
    let keys = server.keys(&format!("{}/", order.base));
    for key in ["720p/playlist.m3u8", "720p/playlist_00001.ts", "720p/playlist_00002.ts", "360p/playlist_00002.ts"] {
        assert!(keys.contains(&at(key)), "{key} in {keys:?}");
    }
    assert!(!keys.contains(&at("720p/playlist_00003.ts")), "7 s are two segments");
    assert_eq!(keys.iter().filter(|key| key.contains("/thumbnails/thumb.")).count(), 7);
    assert!(keys.contains(&at("thumbnails/thumb.0000000.jpg")));

    let top = server.objects.get("media", &names::transcoded_playlist(order.user_id, order.video_id)).unwrap();
    let top = std::fs::read_to_string(server.objects.path(&top)).unwrap();
    assert!(top.contains(&format!("\n{}/720p/playlist.m3u8\n", order.video_id)), "{top}");
    assert!(top.contains("RESOLUTION=1280x720") && top.contains("avc1.64") && top.contains("mp4a.40.2"), "{top}");

    let events = server.events();
    let statuses: Vec<&str> = events.iter().map(|event| event["status"].as_str().unwrap()).collect();
    assert_eq!((statuses.first(), statuses.last()), (Some(&"PROGRESSING"), Some(&"COMPLETE")));
    assert!(statuses.contains(&"STATUS_UPDATE"), "{statuses:?}");
    let last = events.last().unwrap();
    assert_eq!(last["userMetadata"]["videoId"], order.video_id.to_string());
    let outputs = &last["outputGroupDetails"][0];
    assert_eq!(outputs["type"], "HLS_GROUP");
    let duration = outputs["outputDetails"][0]["durationInMs"].as_u64().unwrap();
    assert!((6900..=7100).contains(&duration), "{duration}");
    let percents: Vec<u64> =
        events.iter().filter_map(|event| event["jobProgress"]["jobPercentComplete"].as_u64()).collect();
    assert!(percents.is_sorted() && percents.iter().all(|percent| *percent < 100), "{percents:?}");
}

#[tokio::test]
async fn turned_silent_and_odd_sources_keep_their_shape() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path()).await;
    let file = media::silent_movie(&server.file("turned.mp4"), 642, 362, 2).unwrap();
    media::turn_right(&file).unwrap();
    server.put("turned.mp4").await;
    let probed = server.adapter.probe("turned.mp4").await.unwrap().unwrap();
    assert_eq!(probed.video.as_ref().unwrap().rotation, 90);
    assert!(!probed.has_audio);
    let input =
        Input { width: 642, height: 362, rotation: 90, has_audio: false, duration_ms: Some(2000), ..sample_input() };
    let order = server.order("turned.mp4", input);
    let id = server.adapter.create_job(&order).await.unwrap();
    let job = server.ended(&id).await;
    assert_eq!(job.status(), Some(&JobStatus::Complete), "{job:?}");
    let first = format!("{}/{}/playlist_00001.ts", order.base, order.renditions[0].label);
    let object = server.objects.get("media", &first).unwrap();
    let shown = media::probe(server.objects.path(&object).to_str().unwrap()).unwrap();
    assert_eq!(shown, (362, 642, false));
}

#[tokio::test]
async fn faults_have_mediaconverts_error_codes() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path()).await;
    media::make(&server.file("sound.mp4"), "-f lavfi -i sine=duration=2").unwrap();
    media::silent_movie(&server.file("silent.mp4"), 320, 240, 2).unwrap();
    server.put("sound.mp4").await;
    server.put("silent.mp4").await;
    let faults = [("sound.mp4", 1020), ("silent.mp4", 1021), ("nothing.mp4", 1404)];
    for (key, code) in faults {
        let id = server.adapter.create_job(&server.order(key, sample_input())).await.unwrap();
        let job = server.ended(&id).await;
        assert_eq!((job.status(), job.error_code()), (Some(&JobStatus::Error), Some(code)), "{key}: {job:?}");
    }
    let event = server.events().pop().unwrap();
    assert_eq!((&event["status"], &event["errorCode"]), (&json!("ERROR"), &json!(1404)));

    std::fs::write(server.file("text.mp4"), "this is no video\n".repeat(100)).unwrap();
    // A list of files names others: it must not be opened.
    std::fs::write(server.file("list.mp4"), "ffconcat version 1.0\nfile '/etc/hostname'\n").unwrap();
    for key in ["text.mp4", "list.mp4"] {
        server.put(key).await;
        assert_eq!(server.adapter.probe(key).await.unwrap(), None, "{key}");
    }
    let odd = Order { thumbnail_size: (641, 360), ..server.order("silent.mp4", sample_input()) };
    assert_eq!(server.adapter.create_job(&odd).await.unwrap_err().kind, PortErrorKind::Rejected);
}

#[tokio::test]
async fn a_job_is_cancelled_and_a_cut_off_one_runs_again() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path()).await;
    media::silent_movie(&server.file("long.mp4"), 1920, 1080, 20).unwrap();
    server.put("long.mp4").await;
    let input = Input { has_audio: false, duration_ms: Some(20_000), ..sample_input() };
    let order = server.order("long.mp4", input.clone());
    let id = server.adapter.create_job(&order).await.unwrap();
    let waiting = server.adapter.create_job(&server.order("long.mp4", input)).await.unwrap();
    let running = async |id: &str| {
        let started = Instant::now();
        while server.job(id).await.current_phase().is_none_or(|phase| phase.as_str() != "TRANSCODING") {
            assert!(started.elapsed() < Duration::from_secs(30));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    running(&id).await;
    server.adapter.cancel_job(&id).await.unwrap();
    server.adapter.cancel_job(&id).await.unwrap();
    assert_eq!(server.ended(&id).await.status(), Some(&JobStatus::Canceled));
    running(&waiting).await;
    // What a power cut leaves: a job that progresses and nobody who runs it.
    server.stop.send(true).unwrap();
    server.runner.await.unwrap();
    let server = start(dir.path()).await;
    let job = server.ended(&waiting).await;
    assert_eq!(job.status(), Some(&JobStatus::Complete), "{job:?}");
    assert!(server.keys(&format!("{}/", order.base)).is_empty(), "a cancelled job leaves nothing");
}
