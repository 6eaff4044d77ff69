//! Many connections that do little: handshakes without a publish, then small streams.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use tokio::io::AsyncReadExt;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::encoder::{Address, Encoder};
use crate::ingest::{self, measure};
use crate::movie::Movie;
use crate::process;
use crate::report::{machine, megabytes, percentile, progress, say, seconds, table};
use crate::server::{Binaries, Kind};

#[derive(Debug, Args)]
pub(crate) struct IdleArgs {
    /// Connections at once, and then publishers.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=3000))]
    connections: u32,
    /// Kilobits a second of each publisher.
    #[arg(long, default_value_t = 115, value_parser = clap::value_parser!(u32).range(50..=1000))]
    kbps: u32,
    /// How long publishers are measured.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
}

/// What `security.md` allows from the connection to the publish: 5 s and 10 s.
const CLOSED_WITHIN: Duration = Duration::from_secs(15);
/// How much longer is waited for a server to close.
const SLACK: Duration = Duration::from_secs(1);
/// Publishers come spread over this.
const SPREAD: Duration = Duration::from_secs(10);

pub(crate) async fn run(args: &IdleArgs, binaries: &Binaries) -> Result<()> {
    let connections = args.connections as usize;
    progress("making the movie");
    let movie = Arc::new(Movie::make(args.kbps)?);
    machine();
    let (mut closed, mut figures) = (Vec::new(), Vec::new());
    for kind in Kind::of(binaries)? {
        progress(&format!("{}: handshakes", kind.name()));
        let server = kind.start(binaries, connections)?;
        let channels = server.channels(1).await?;
        let (pid, with_children) = (server.pid(), server.works_in_children());
        let before = process::resident(pid, with_children)?;
        process::forget_peak(pid)?;
        let ended = handshakes(&channels.first().context("a channel")?.address, connections).await?;
        let grown = process::peak(pid, with_children)?.saturating_sub(before);
        let after = |percent| if ended.is_empty() { "-".to_owned() } else { seconds(percentile(&ended, percent)) };
        closed.push([
            kind.name().to_owned(),
            connections.to_string(),
            ended.len().to_string(),
            after(50),
            after(100),
            megabytes(grown),
        ]);
        drop(server);

        progress(&format!("{}: publishers", kind.name()));
        let server = kind.start(binaries, connections)?;
        let channels = server.channels(connections).await?;
        figures.push(measure(kind, &server, &channels, &movie, SPREAD, Duration::from_secs(args.seconds)).await?);
    }
    say(&format!("{connections} connections that shake hands and say no more; closed within {CLOSED_WITHIN:?}:\n"));
    table(["server", "connections", "closed", "after p50", "after max", "memory growth"], &closed);
    say(&format!(
        "\n{connections} publishers of {} kbit/s ({} kbit/s of media), {} s measured; nobody records:\n",
        args.kbps,
        movie.kbps(),
        args.seconds
    ));
    ingest::print(&figures);
    Ok(())
}

/// Connections that never publish. Answers how long those lasted that the server closed in time.
async fn handshakes(address: &Address, count: usize) -> Result<Vec<Duration>> {
    let mut waiting = JoinSet::new();
    for _ in 0..count {
        let mut encoder = Encoder::shake(address).await?;
        let since = Instant::now();
        waiting.spawn(async move {
            let mut room = [0; 1024];
            let closed = async { while matches!(encoder.socket.read(&mut room).await, Ok(1..)) {} };
            timeout(CLOSED_WITHIN + SLACK, closed).await.ok().map(|()| since.elapsed())
        });
    }
    Ok(waiting.join_all().await.into_iter().flatten().collect())
}
