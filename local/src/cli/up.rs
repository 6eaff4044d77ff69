//! `skylark up`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::people::DEMO;
use super::person::{PASSWORD, Person};
use super::{Data, complain, say};
use crate::cage;
use crate::ivs;
use crate::stack::{Options, SHUTDOWN_TIMEOUT, Stack};
use crate::web::{Vite, Web};
use crate::websocket;

#[derive(Args)]
pub(super) struct UpArgs {
    /// The port of the front door; 0 takes a free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// The port encoders send to; 0 takes a free one.
    #[arg(long, default_value_t = 1935)]
    rtmp_port: u16,
    /// Streams that may be live at once.
    #[arg(long, default_value_t = 100)]
    max_streams: usize,
    /// Where encoders are sent once there are so many, as rtmp://host/app; without it they are refused.
    #[arg(long)]
    rtmp_edge: Option<String>,
    #[command(flatten)]
    data: Data,
    /// The SAM template to build from.
    #[arg(long, default_value = "template.yaml")]
    template: PathBuf,
    /// A running Vite dev server that serves the page instead of the built one, as http://127.0.0.1:5173.
    #[arg(long, value_name = "URL")]
    vite: Option<Vite>,
    /// Where the function binaries are; beside skylark when absent.
    #[arg(long)]
    bin_dir: Option<PathBuf>,
}

pub(super) fn run(args: UpArgs) -> anyhow::Result<ExitCode> {
    let level = std::env::var("RUST_LOG").unwrap_or_else(|_| "info,dynoxide=error".to_owned());
    tracing_subscriber::fmt().with_env_filter(level).with_writer(std::io::stderr).with_target(false).init();
    raise_file_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(up(args));
    runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
    done
}

/// Every viewer, encoder and chat connection is an open file; the usual soft limit is 1,024.
fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Nofile).maximum;
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::warn!(%error, "the number of open files stays limited");
    }
}

async fn up(args: UpArgs) -> anyhow::Result<ExitCode> {
    let started = Instant::now();
    let skylark = cage::own_binary()?;
    let beside = skylark.parent().context("the binary stands nowhere")?.to_owned();
    let root = args.template.parent().unwrap_or(std::path::Path::new(".")).to_owned();
    let data = std::path::absolute(&args.data.data)?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let stack = Stack::start(Options {
        template: args.template,
        data: data.clone(),
        port: args.port,
        rtmp_port: args.rtmp_port,
        ivs: ivs::Options { concurrent_streams: args.max_streams, edge: args.rtmp_edge, ..ivs::Options::default() },
        websocket: websocket::Options::default(),
        bin_dir: args.bin_dir.unwrap_or(beside),
        skylark,
        web: args.vite.map_or_else(|| Web::Built(root.join("web/dist")), Web::Vite),
    })
    .await?;
    let front = stack.url("front");
    say(&format!("Skylark is up after {:.2} s.", started.elapsed().as_secs_f64()));
    say("");
    say(&format!("  Page      {front}/"));
    say(&format!("  API       {front}/api/v1 (document: {front}/api/v1/openapi.json)"));
    say(&format!("  Health    {front}/health"));
    say(&format!("  Live      {}/live (a channel's stream key is the key)", stack.url("rtmp")));
    say(&format!("  Data      {}", data.display()));
    if let Err(error) = introduce_demo(front).await {
        complain(&format!("there is no demo login: {error:#}"));
    }
    say("");
    say("Try:");
    say("  open the page, sign in and drop a video on it");
    say("  skylark seed           people, videos, a stream that was and one that will be");
    say("  skylark demo           go live without an encoder, with fifty people who chat");
    say("  skylark logs -f        what the functions print");
    say("");
    say("Ctrl-C ends everything.");
    tokio::select! {
        _ = interrupted.recv() => {}
        _ = terminated.recv() => {}
    }
    if tokio::time::timeout(SHUTDOWN_TIMEOUT, stack.shutdown()).await.is_err() {
        complain("a service does not end; it is ended with this process");
    }
    Ok(ExitCode::SUCCESS)
}

/// Makes sure that there is the demo login, and says what it is and has.
async fn introduce_demo(front: &str) -> anyhow::Result<()> {
    let demo = Person::sign_in(front, DEMO.username).await?;
    say(&format!("  Demo      sign in as {} with the password: {PASSWORD}", demo.username));
    // Who was registered just now has no channel.
    let key = if demo.is_new { None } else { demo.masked_key().await? };
    match key {
        Some((masked, _)) => say(&format!("  Key       {masked} (the demo login's; the page reveals it)")),
        None => say("  Key       made with the demo login's first stream; the page reveals it"),
    }
    Ok(())
}
