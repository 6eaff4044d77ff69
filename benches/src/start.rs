//! From an encoder's connection to LIVE at the API.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use reqwest::Method;
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};

use crate::fleet::Fleet;
use crate::movie::Movie;
use crate::report::{machine, percentile, progress, say, seconds, table};
use crate::server::{Binaries, Skylark, Streamer};

#[derive(Debug, Args)]
pub(crate) struct StartArgs {
    /// Starts, one after the other.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=200))]
    count: u32,
    /// Kilobits a second.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(100..=3400))]
    kbps: u32,
}

/// From one look at the API to the next.
const PACE: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) async fn run(args: &StartArgs, binaries: &Binaries) -> Result<()> {
    progress("making the movie");
    let movie = Arc::new(Movie::make(args.kbps)?);
    machine();
    let skylark = Skylark::start(binaries, args.count as usize)?;
    let mut starts = Vec::new();
    for streamer in skylark.streamers(args.count as usize).await? {
        let begun = Instant::now();
        let fleet = Fleet::start(std::slice::from_ref(&streamer.channel), &movie, Duration::ZERO);
        let live = timeout(PATIENCE, live(&streamer)).await.context("the stream does not become LIVE");
        let took = begun.elapsed();
        let lost = fleet.stop().await;
        live?.with_context(|| lost.join("; "))?;
        starts.push(took);
    }
    let row = [50, 99, 100].map(|percent| seconds(percentile(&starts, percent)));
    let [p50, p99, most] = row;
    say("From TCP connect to `\"status\": \"LIVE\"` in `GET /api/v1/streams/{streamId}`, asked every 20 ms:\n");
    table(["starts", "p50", "p99", "max"], &[[starts.len().to_string(), p50, p99, most]]);
    Ok(())
}

async fn live(streamer: &Streamer) -> Result<()> {
    let path = format!("/api/v1/streams/{}", streamer.stream_id);
    loop {
        let answer = streamer.person.request(Method::GET, &path).send().await?.error_for_status()?;
        if answer.json::<Value>().await?["status"] == "LIVE" {
            return Ok(());
        }
        sleep(PACE).await;
    }
}
