//! Load on the live path and on chat: `skylark-bench ingest | idle | start | hostile | post | chat | kills |
//! sockets`. See README.md beside this crate.

mod chat;
mod encoder;
mod fleet;
mod hostile;
mod idle;
mod ingest;
mod kills;
mod movie;
mod player;
mod post;
mod process;
mod report;
mod server;
mod sockets;
mod start;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

use self::server::Binaries;

/// No run takes longer.
const AT_MOST: Duration = Duration::from_secs(3600);

#[derive(Parser)]
#[command(about = "Measures the live path and the chat of a local Skylark")]
struct Bench {
    #[command(flatten)]
    binaries: Binaries,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Publishers of one bitrate: processor time, memory, first playable.
    Ingest(ingest::IngestArgs),
    /// Connections that never publish, then many small publishers.
    Idle(idle::IdleArgs),
    /// From an encoder's connection to LIVE at the API.
    Start(start::StartArgs),
    /// Ten kinds of bad peers beside one good stream.
    Hostile(hostile::HostileArgs),
    /// Instructions of one post to a connection, ours and the SDK's.
    Post(post::PostArgs),
    /// Viewers of one room: delivery, frames, table calls, processor time.
    Chat(chat::ChatArgs),
    /// Members who write while processes are killed.
    Kills(kills::KillsArgs),
    /// Connections of the gateway: memory, and processor time per frame, beside Node's ws.
    Sockets(sockets::SocketsArgs),
    /// What `sockets` posts with.
    #[command(hide = true)]
    Poster(sockets::PosterArgs),
    /// What `post` counts.
    #[command(hide = true)]
    PostClient(post::ClientArgs),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let bench = Bench::parse();
    match tokio::time::timeout(AT_MOST, run(&bench)).await.context("the run takes too long").flatten() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::progress(&format!("skylark-bench: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(bench: &Bench) -> Result<()> {
    match &bench.command {
        Command::Ingest(args) => ingest::run(args, &bench.binaries).await,
        Command::Idle(args) => idle::run(args, &bench.binaries).await,
        Command::Start(args) => start::run(args, &bench.binaries).await,
        Command::Hostile(args) => hostile::run(args, &bench.binaries).await,
        Command::Post(args) => post::run(args).await,
        Command::Chat(args) => chat::run(args, &bench.binaries).await,
        Command::Kills(args) => kills::run(args, &bench.binaries).await,
        Command::Sockets(args) => sockets::run(args, &bench.binaries).await,
        Command::Poster(args) => sockets::post(args).await,
        Command::PostClient(args) => post::client(args).await,
    }
}
