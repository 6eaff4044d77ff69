//! Many connections held by the local gateway, beside Node's `ws` (P10 of the design).

mod audience;
mod gateway;
mod node;
mod poster;

use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::time::Instant;

use self::audience::Audience;
use self::gateway::Gateway;
use self::node::Node;
pub(crate) use self::poster::{PosterArgs, post};
use crate::process;
use crate::report::{machine, median, progress, say, table};
use crate::server::Binaries;

/// P10: of `ws`'s processor time per frame, and of memory per connection.
const GOAL: (f64, f64) = (0.5, 20.0);

#[derive(Debug, Args)]
pub(crate) struct SocketsArgs {
    /// Connections of each server.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(10..=60_000))]
    connections: u32,
    /// Frames to each connection.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    frames: u32,
    /// Bytes of a frame.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(2..=30_000))]
    bytes: u32,
    /// Pairs of runs: A B, B A, A B ...
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=20))]
    rounds: u32,
}

/// Whose connections they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Skylark,
    Ws,
}

/// One run of one server.
struct Figures {
    kind: Kind,
    /// Connections made in a second.
    rate: f64,
    /// Bytes of memory of each.
    memory: f64,
    /// Processor time of each frame to everybody.
    fan_out: Duration,
    /// Processor time of each ping and its pong.
    pong: Duration,
}

enum Server {
    Skylark(Gateway),
    Ws(Node),
}

pub(crate) async fn run(args: &SocketsArgs, binaries: &Binaries) -> Result<()> {
    // What is started inherits it.
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit })?;
    if let Some(most) = limit.maximum {
        anyhow::ensure!(most > u64::from(args.connections) + 500, "only {most} files may be open: see `ulimit -Hn`");
    }
    let peer = if binaries.alone { None } else { Some(node::install()?) };
    machine();
    let mut all = Vec::new();
    for round in 0..args.rounds {
        let mut kinds = if peer.is_some() { vec![Kind::Skylark, Kind::Ws] } else { vec![Kind::Skylark] };
        if round % 2 == 1 {
            kinds.reverse();
        }
        for kind in kinds {
            progress(&format!("{kind:?}"));
            let server = match (kind, &peer) {
                (Kind::Ws, Some(folder)) => Server::Ws(Node::start(folder.path(), args.bytes).await?),
                _ => Server::Skylark(Gateway::start(binaries).await?),
            };
            all.push(measure(kind, &server, args).await?);
        }
    }
    say(&format!(
        "{} connections, {} frames of {} bytes to each, then {} pings of each:\n",
        args.connections, args.frames, args.bytes, args.frames
    ));
    let rows: Vec<[String; 5]> = all.iter().map(row).collect();
    table(["server", "connections a second", "memory per connection", "CPU per frame to all", "CPU per ping"], &rows);
    if peer.is_some() {
        let ratio = |cost: fn(&Figures) -> Duration| {
            let of = |kind| all.iter().filter(move |one| one.kind == kind).map(|one| cost(one).as_secs_f64());
            let ratios: Vec<f64> = of(Kind::Skylark).zip(of(Kind::Ws)).map(|(ours, theirs)| ours / theirs).collect();
            median(&ratios)
        };
        say(&format!(
            "\nskylark / ws, the middle of the rounds: {:.2} per frame to all (a signed HTTP request each), {:.2} per ping. \
             Goals: {:.2}, and {:.0} KiB a connection.",
            ratio(|one| one.fan_out),
            ratio(|one| one.pong),
            GOAL.0,
            GOAL.1
        ));
    }
    Ok(())
}

fn row(one: &Figures) -> [String; 5] {
    let micros = |time: Duration| format!("{:.1} us", time.as_secs_f64() * 1e6);
    [
        match one.kind {
            Kind::Skylark => "skylark",
            Kind::Ws => "ws",
        }
        .to_owned(),
        format!("{:.0}", one.rate),
        format!("{:.1} KiB", one.memory / 1024.0),
        micros(one.fan_out),
        micros(one.pong),
    ]
}

async fn measure(kind: Kind, server: &Server, args: &SocketsArgs) -> Result<Figures> {
    let (pid, address) = match server {
        Server::Skylark(gateway) => (gateway.pid(), gateway.address()),
        Server::Ws(node) => (node.pid(), node.address()),
    };
    // The first ones pay for what all share.
    let first = Audience::enter(&address, 10, u32::MAX - 10).await?;
    let memory = process::resident(pid, false)?;
    let began = Instant::now();
    let mut audience = Audience::enter(&address, args.connections, 0).await?;
    let rate = f64::from(args.connections) / began.elapsed().as_secs_f64();
    let memory = process::resident(pid, false)?.saturating_sub(memory) as f64 / f64::from(args.connections);
    drop(first);
    let frames = args.connections * args.frames;

    let ids = match server {
        Server::Skylark(_) => audience.ids().await?,
        Server::Ws(_) => Vec::new(),
    };
    let before = used(pid)?;
    match server {
        Server::Skylark(gateway) => {
            let posting = gateway.broadcast(&ids, args.frames, args.bytes);
            tokio::try_join!(posting, audience.hear(args.frames))?;
        }
        Server::Ws(_) => {
            for _ in 0..args.frames {
                audience.ask_for_a_frame().await?;
                audience.hear(1).await?;
            }
        }
    }
    let fan_out = (used(pid)? - before) / frames;
    let before = used(pid)?;
    for _ in 0..args.frames {
        audience.ping().await?;
    }
    let pong = (used(pid)? - before) / frames;
    Ok(Figures { kind, rate, memory, fan_out, pong })
}

fn used(pid: u32) -> Result<Duration> {
    process::own_cpu(pid).context("the server has ended")
}
