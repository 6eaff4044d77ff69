//! What happens by the clock, once a second for all streams together: starvation, the limit of the bitrate, viewers who
//! left, windows that are over, and a sample of each live stream every other second.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use super::live::News;
use super::registry::Watched;
use super::{Ivs, limits};
use crate::bus::Event;

const TICK: Duration = Duration::from_secs(1);
/// Ticks from one sample to the next.
const SAMPLE_TICKS: u64 = 2;

/// Runs until `stop` turns true.
pub(super) async fn run(ivs: Ivs, mut stop: watch::Receiver<bool>) {
    let mut timer = tokio::time::interval(TICK);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for tick in 1u64.. {
        tokio::select! {
            _ = timer.tick() => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        let now = Instant::now();
        let watched = ivs.registry.watched();
        for one in &watched {
            look(&ivs, one, now);
        }
        ivs.broadcasts.sweep(now);
        if tick.is_multiple_of(SAMPLE_TICKS)
            && let Err(error) = sample(&ivs, &watched, now)
        {
            tracing::error!(error = format!("{error:#}"), "samples cannot be put");
        }
    }
}

fn look(ivs: &Ivs, watched: &Watched, now: Instant) {
    let tick = watched.monitor.tick(now);
    if let Some(begins) = tick.starvation {
        watched.reporter.tell(News::Starvation(begins));
    }
    let breach = tick.average_bps.and_then(|bps| limits::average(&watched.channel_type, bps));
    if let Some(breach) = breach {
        ivs.registry.breach(watched, || watched.reporter.tell(News::Breach(breach)));
    }
}

/// Puts a sample of every live stream, all in one transaction: 50 streams cost one commit.
fn sample(ivs: &Ivs, watched: &[Watched], now: Instant) -> anyhow::Result<()> {
    let samples: Vec<Event> = watched.iter().filter_map(|one| event(one, now)).collect();
    if samples.is_empty() {
        return Ok(());
    }
    ivs.state.transact(|transaction| samples.iter().try_for_each(|event| ivs.bus.put(transaction, event)))
}

fn event(watched: &Watched, now: Instant) -> Option<Event> {
    let sample = watched.monitor.sample(now)?;
    let sampled_at = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    let detail = json!({
        "channel_name": watched.channel_name,
        "stream_id": watched.stream_id,
        "sampled_at": sampled_at,
        "period_ms": SAMPLE_TICKS * 1000,
        "bitrate_bps": sample.bitrate_bps,
        "fps": sample.fps,
        "width": sample.width,
        "height": sample.height,
        "keyframe_interval_ms": sample.keyframe_interval_ms,
        "drift_ms": sample.drift_ms,
    });
    Some(Event::of_service("skylark.ingest", "Ingest Sample", vec![watched.channel_arn.clone()], detail))
}
