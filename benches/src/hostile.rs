//! R10 of the reliability goals: hostile connections of ten kinds beside one good stream.

mod kinds;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval};

use self::kinds::{ALL, misbehave};
use crate::encoder::Address;
use crate::fleet::Fleet;
use crate::movie::Movie;
use crate::player::Follower;
use crate::process;
use crate::report::{machine, megabytes, percentile, progress, say, seconds, table};
use crate::server::{Binaries, Channel, Kind};

#[derive(Debug, Args)]
pub(crate) struct HostileArgs {
    /// Connections, a tenth of each kind.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(10..=10_000))]
    connections: u32,
}

/// The good stream.
const KBPS: u32 = 1000;
/// Wrong keys come from here, or the address of the others would be blocked.
const STRANGER: u8 = 2;
/// How often the good stream is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// How long it is looked at when all is over: a gap would show in the next segments.
const AFTERWARDS: Duration = Duration::from_secs(6);

pub(crate) async fn run(args: &HostileArgs, binaries: &Binaries) -> Result<()> {
    let each = args.connections as usize / ALL.len();
    progress("making the movie");
    let movie = Arc::new(Movie::make(KBPS)?);
    machine();
    // Limits on hostile peers are no figure to be better or worse in than nginx-rtmp, which has others.
    let server = Kind::Skylark.start(binaries, each + 1)?;
    let mut channels = server.channels(each + 1).await?;
    let good: Channel = channels.pop().context("a channel")?;
    let mut fleet = Fleet::start(std::slice::from_ref(&good), &movie, Duration::ZERO);
    fleet.playable().await?;
    let mut follower = Follower::new(&good.playlist).await?;
    let before = process::resident(server.pid(), false)?;
    process::forget_peak(server.pid())?;

    progress("misbehaving");
    let mut attack = JoinSet::new();
    for channel in &channels {
        for kind in ALL {
            let address = Address { from: if kind.is_stranger() { STRANGER } else { 1 }, ..channel.address.clone() };
            attack.spawn(async move { (kind, misbehave(kind, &address).await) });
        }
    }
    let mut ends = Vec::new();
    let mut look = interval(LOOK);
    let mut over: Option<Instant> = None;
    while over.is_none_or(|over| over.elapsed() < AFTERWARDS) {
        tokio::select! {
            ended = attack.join_next(), if over.is_none() => match ended {
                Some(ended) => ends.push(ended?),
                None => over = Some(Instant::now()),
            },
            _ = look.tick() => follower.look().await.context("the good stream")?,
        }
    }
    let grown = process::peak(server.pid(), false)?.saturating_sub(before);
    let lost = fleet.stop().await;

    let mut rows = Vec::new();
    for kind in ALL {
        let of_kind = || ends.iter().filter(|(other, _)| *other == kind).map(|(_, end)| end);
        let closed: Vec<Duration> = of_kind().filter_map(|end| end.as_ref().ok().copied()).collect();
        for error in of_kind().filter_map(|end| end.as_ref().err()).take(1) {
            progress(&format!("{}: {error:#}", kind.name()));
        }
        rows.push([
            kind.name().to_owned(),
            each.to_string(),
            closed.len().to_string(),
            seconds(percentile(&closed, 50)),
            seconds(percentile(&closed, 100)),
        ]);
    }
    say("Time from the misbehaviour (or from the connection, where that is nothing but waiting) to the close:\n");
    table(["kind", "connections", "closed", "p50", "max"], &rows);
    say(&format!(
        "\nMemory grew by {} at most. The good stream: {} segments, {} gaps, longest pause between segments {}, {}.",
        megabytes(grown),
        follower.segments,
        follower.gaps,
        seconds(follower.pause),
        if lost.is_empty() { "publisher kept" } else { "publisher lost" }
    ));
    Ok(())
}
