//! One running local cloud: starts the services a template asks for and wires them.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use axum::Router;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::bus::{self, Bus};
use crate::dynamodb::streams::Consumer;
use crate::dynamodb::{self, streams};
use crate::http::{self, Front, guard};
use crate::ivs::{self, Ivs};
use crate::lambda::{self, AsyncInvocations, Environment, Lambda, Runner, Settings};
use crate::mediaconvert::{self, MediaConvert};
use crate::s3::{self, Objects};
use crate::secrets::Secrets;
use crate::sqs::{self, Queues};
use crate::state::State;
use crate::tap::Tap;
use crate::template::{self, TemplateError};
use crate::web::Web;
use crate::websocket::{self, WebSockets};
use crate::world::{SecretSpec, World};

/// The secret key of every function's credentials.
const LOCAL_CREDENTIALS: &str = "local-credentials";

/// What a stack is started with.
#[derive(Debug, Clone)]
pub struct Options {
    /// The SAM template.
    pub template: PathBuf,
    /// Where everything is kept; made when missing.
    pub data: PathBuf,
    /// What can be set of the local IVS.
    pub ivs: ivs::Options,
    /// What can be set of the local WebSocket API.
    pub websocket: websocket::Options,
    /// The front door's port; 0 takes a free one.
    pub port: u16,
    /// The port of RTMP; 0 takes a free one.
    pub rtmp_port: u16,
    /// This binary; function binaries stand beside it unless `bin_dir` says otherwise.
    pub skylark: PathBuf,
    /// Where the function binaries stand.
    pub bin_dir: PathBuf,
    /// The web app.
    pub web: Web,
}

/// The running services. [`Stack::shutdown`] ends them and every child.
pub struct Stack {
    urls: BTreeMap<&'static str, String>,
    lambda: Lambda,
    dynamodb: dynamodb::Service,
    stop: watch::Sender<bool>,
    _lock: File,
}

impl Stack {
    /// Starts everything; the front door opens last.
    ///
    /// # Errors
    /// When the template is not understood (with file and line), a binary is missing, the port or the data directory is
    /// taken, or a service cannot start.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        // It holds secrets and password hashes: nobody else on the machine may look in.
        let mut folder = std::fs::DirBuilder::new();
        let made = folder.recursive(true).mode(0o700).create(&options.data);
        made.with_context(|| format!("cannot make {}", options.data.display()))?;
        let lock = lock(&options)?;
        // The template is told where people reach what listens here.
        let front_listener = bind(options.port, "--port").await?;
        let front_port = front_listener.local_addr()?.port();
        // Browsers talk to S3 and playback, so that their ports are near the front door's.
        let s3_listener = bind_near(front_port.saturating_add(1)).await?;
        let playback_listener = bind_near(front_port.saturating_add(2)).await?;
        let rtmp_listener = bind(options.rtmp_port, "--rtmp-port").await?;
        let rtmp_url = format!("rtmp://{}", rtmp_listener.local_addr()?);
        let front_url = url(&front_listener)?;

        let mut world =
            template::read(&options.template, &overrides(&front_url, &rtmp_url, &url(&playback_listener)?))?;
        check_binaries(&world, &options)?;

        let tap = Tap::default();
        let (stop, stopped) = watch::channel(false);
        let mut urls = BTreeMap::from([("front", front_url)]);
        let mut serve_inside = async |name: &'static str, router: Router| -> anyhow::Result<()> {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
            urls.insert(name, url(&listener)?);
            tokio::spawn(http::serve(listener, guard::programs_only(router), stopped.clone()));
            Ok(())
        };

        let mut wanted = world.secrets.clone();
        wanted.insert(LOCAL_CREDENTIALS.to_owned(), SecretSpec { length: 40 });
        let secrets = Secrets::open(&options.data.join("secrets.json"), &wanted)?;
        for function in world.functions.values_mut() {
            for value in function.environment.values_mut() {
                *value = secrets.resolve(value)?;
            }
        }
        let secret_key = secrets.get(LOCAL_CREDENTIALS).unwrap_or_default().to_owned();
        let table_file = options.data.join("dynamodb.sqlite");
        let dynamodb = dynamodb::Service::start(&table_file, &world.tables, &tap).await?;
        let schemas = [lambda::SCHEMA, sqs::SCHEMA, s3::SCHEMA, mediaconvert::SCHEMA, streams::SCHEMA, ivs::SCHEMA];
        let state = State::open(&options.data.join("state.sqlite"), &schemas)?;
        let queues = Queues::new(&world.queues, state.clone());
        let invocations = AsyncInvocations::default();
        let bus = Bus::new(&world, invocations.clone(), state.clone())?;
        let objects = Objects::open(options.data.join("objects"), &world.buckets, state.clone(), bus.clone())?;
        let tools = mediaconvert::find_tools(options.skylark.clone());
        if let Err(missing) = &tools {
            tracing::warn!("{missing}; everything but transcoding and thumbnails works without it");
        }
        let live_tools = tools.as_ref().ok().cloned();
        let transcoder =
            MediaConvert::new(options.data.join("jobs"), objects.clone(), state.clone(), bus.clone(), tools);
        let addresses = ivs::Addresses::of(&rtmp_listener, &playback_listener)?;
        let ivs = Ivs::new(&options.ivs, addresses, objects.clone(), state.clone(), bus.clone(), live_tools);
        ivs.ensure(&world.recording_configurations)?;
        serve_inside("dynamodb", dynamodb.router()).await?;
        serve_inside("secretsmanager", secrets.router(&tap)).await?;
        serve_inside("events", bus.router(&tap)).await?;
        serve_inside("sqs", queues.router(&tap)).await?;
        serve_inside("ivs", ivs.router(&tap)).await?;
        serve_inside("mediaconvert", transcoder.router(&tap)).await?;
        urls.insert("s3", url(&s3_listener)?);
        urls.insert("playback", url(&playback_listener)?);
        urls.insert("rtmp", rtmp_url);
        let web_bucket = world.buckets.iter().find(|bucket| bucket.logical_name == "WebBucket");
        let view = web_bucket.map(|bucket| s3::View { bucket: bucket.name.clone(), web: options.web.clone() });
        let router = guard::local_hosts(s3::router(&objects, view, &secret_key, &tap));
        tokio::spawn(http::serve(s3_listener, router, stopped.clone()));

        // Functions are told of it before it can be made: it invokes them.
        let connections_listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        if world.websocket.is_some() {
            urls.insert("connections", url(&connections_listener)?);
        }

        let services = [
            ("APIGATEWAYMANAGEMENTAPI", "connections"),
            ("DYNAMODB", "dynamodb"),
            ("EVENTBRIDGE", "events"),
            ("IVS", "ivs"),
            ("MEDIACONVERT", "mediaconvert"),
            ("S3", "s3"),
            ("SECRETS_MANAGER", "secretsmanager"),
            ("SQS", "sqs"),
        ];
        let endpoints = services
            .into_iter()
            .filter_map(|(service, name)| Some((service.to_owned(), urls.get(name)?.clone())))
            .collect();
        let settings = Settings {
            skylark: options.skylark.clone(),
            bin_dir: options.bin_dir.clone(),
            logs: options.data.join("logs"),
            environment: Environment { endpoints, secret_key: secret_key.clone() },
        };
        let lambda = Lambda::start(&world, settings).await?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        urls.insert("lambda", url(&listener)?);
        let invoke = guard::programs_only(lambda.router(&tap));
        tokio::spawn(http::serve(listener, invoke, stopped.clone()));

        let mut admin = tap.router().merge(dynamodb.admin_router());
        let websockets =
            world.websocket.clone().map(|api| WebSockets::new(api, lambda.clone(), options.websocket.clone()));
        if let Some(websockets) = &websockets {
            admin = admin.merge(websockets.admin_router());
            let connections = guard::programs_only(websockets.router(&secret_key, &tap));
            tokio::spawn(http::serve(connections_listener, connections, stopped.clone()));
            tokio::spawn(websockets.clone().run(stopped.clone()));
        }
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        urls.insert("admin", url(&listener)?);
        tokio::spawn(http::serve(listener, guard::programs_only(admin), stopped.clone()));

        for mapping in world.streams.clone() {
            let consumer = Consumer::new(mapping, &table_file, state.clone(), lambda.clone(), queues.clone())?;
            tokio::spawn(consumer.run(dynamodb.written(), stopped.clone()));
        }
        tokio::spawn(streams::purge(world.streams.clone(), table_file, state.clone(), stopped.clone()));
        for mapping in world.queue_mappings.clone() {
            let consumer = sqs::Consumer::new(mapping, queues.clone(), lambda.clone())?;
            tokio::spawn(consumer.run(stopped.clone()));
        }
        let runner = Runner::new(&world, invocations.clone(), state.clone(), lambda.clone(), queues);
        tokio::spawn(runner.run(stopped.clone()));
        for schedule in world.schedules.clone() {
            tokio::spawn(bus::run_schedules(schedule, invocations.clone(), state.clone(), stopped.clone()));
        }
        tokio::spawn(transcoder.run(stopped.clone()));
        ivs.serve(rtmp_listener, playback_listener, stopped.clone()).await?;
        tokio::spawn(s3::run_lifecycle(objects.clone(), stopped.clone()));

        let origin_secret = world.secrets.keys().find(|arn| arn.ends_with(":OriginSecret"));
        let origin_secret = origin_secret.and_then(|arn| secrets.get(arn));
        let peers =
            ["front", "s3", "playback"].into_iter().filter_map(|name| urls.get(name)).flat_map(|url| both_names(url));
        let mut peers: Vec<String> = peers.collect();
        // A page's own origin does not cover its WebSockets in every browser.
        peers.extend(both_names(&urls["front"].replace("http:", "ws:")));
        let front =
            Front::new(&world, lambda.clone(), websockets, objects, origin_secret, options.web.clone(), &peers)?;
        tokio::spawn(http::serve(front_listener, front.router(), stopped));

        write_endpoints(&options, &urls)?;
        Ok(Self { urls, lambda, dynamodb, stop, _lock: lock })
    }

    /// The address of a service: `front`, `s3`, `playback`, `rtmp`, `dynamodb`, `secretsmanager`, `events`, `sqs`, `ivs`,
    /// `mediaconvert`, `lambda`, `connections`, `admin`.
    pub fn url(&self, service: &str) -> &str {
        self.urls.get(service).map_or("", String::as_str)
    }

    /// Ends the services and every child.
    pub async fn shutdown(self) {
        // Nobody may be listening any more.
        let _ = self.stop.send(true);
        self.lambda.shutdown().await;
        drop(self.dynamodb);
    }
}

/// Two stacks on one data directory would destroy it.
fn lock(options: &Options) -> anyhow::Result<File> {
    let path = options.data.join("lock");
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    if file.try_lock().is_err() {
        bail!("another skylark uses {}; choose another directory with --data", options.data.display());
    }
    Ok(file)
}

/// The template's parameters that only this machine knows.
fn overrides(front_url: &str, rtmp_url: &str, playback_url: &str) -> BTreeMap<String, String> {
    let named = front_url.replace("127.0.0.1", "localhost");
    [
        ("SiteUrl", front_url.to_owned()),
        ("MediaUrl", format!("{front_url}/media")),
        ("AllowedOrigins", format!("{front_url},{named}")),
        ("IngestUrl", format!("{rtmp_url}/live/")),
        ("PlaybackOrigin", playback_url.to_owned()),
        ("WsUrl", format!("{}/ws", front_url.replacen("http", "ws", 1))),
        // The local IVS puts its measurements on the bus.
        ("IngestMetrics", "false".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// A loopback URL by number and by name: people type either.
fn both_names(url: &str) -> [String; 2] {
    [url.to_owned(), url.replace("127.0.0.1", "localhost")]
}

/// Listens on `port` or the next free one after it, else on any.
async fn bind_near(port: u16) -> anyhow::Result<TcpListener> {
    for port in port..=port.saturating_add(20) {
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)).await {
            return Ok(listener);
        }
    }
    Ok(TcpListener::bind(("127.0.0.1", 0)).await?)
}

async fn bind(port: u16, flag: &str) -> anyhow::Result<TcpListener> {
    match TcpListener::bind(("127.0.0.1", port)).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            bail!("port {port} is taken by another program; choose another with {flag}")
        }
        Err(error) => Err(error).with_context(|| format!("cannot listen on port {port}")),
    }
}

fn url(listener: &TcpListener) -> anyhow::Result<String> {
    let address: SocketAddr = listener.local_addr()?;
    Ok(format!("http://{address}"))
}

fn check_binaries(world: &World, options: &Options) -> anyhow::Result<()> {
    for function in world.functions.values() {
        if !options.bin_dir.join(&function.name).is_file() {
            return Err(TemplateError {
                file: options.template.display().to_string(),
                line: function.line,
                message: format!(
                    "there is no binary {} in {}: build it with `cargo build --workspace --bins`",
                    function.name,
                    options.bin_dir.display()
                ),
            }
            .into());
        }
    }
    Ok(())
}

/// `endpoints.json` tells the other commands, and tests, where the services are.
fn write_endpoints(options: &Options, urls: &BTreeMap<&'static str, String>) -> anyhow::Result<()> {
    let path = options.data.join("endpoints.json");
    let fresh = options.data.join("endpoints.new");
    std::fs::write(&fresh, serde_json::to_vec_pretty(&json!(urls))?)?;
    std::fs::rename(fresh, &path).with_context(|| format!("cannot write {}", path.display()))
}

/// How long a stack may take to end.
pub const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);
