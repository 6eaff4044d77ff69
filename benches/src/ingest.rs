//! Publishers of one bitrate on each server in turn: what a stream costs, and when it can be watched.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Args;

use crate::fleet::Fleet;
use crate::movie::Movie;
use crate::process;
use crate::report::{machine, median, megabytes, percentile, progress, say, seconds, table};
use crate::server::{Binaries, Channel, Kind, Server};

#[derive(Debug, Args)]
pub(crate) struct IngestArgs {
    /// Publishers at once.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    streams: u32,
    /// Kilobits a second of each.
    #[arg(long, default_value_t = 2500, value_parser = clap::value_parser!(u32).range(100..=3400))]
    kbps: u32,
    /// How long is measured, once every stream can be watched.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// How often; the order of the servers turns each time.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10))]
    rounds: u32,
}

/// Publishers begin spread over the time from one key frame to the next.
const SPREAD: Duration = Duration::from_secs(2);

/// What one server needed for one load.
pub(crate) struct Figures {
    kind: Kind,
    /// % of a core.
    cpu: f64,
    functions: f64,
    thumbnails: f64,
    before: u64,
    peak: u64,
    mbits: f64,
    lost: usize,
    media: [Duration; 2],
    segment: [Duration; 2],
}

pub(crate) async fn run(args: &IngestArgs, binaries: &Binaries) -> Result<()> {
    let streams = args.streams as usize;
    progress("making the movie");
    let movie = Arc::new(Movie::make(args.kbps)?);
    let kinds = Kind::of(binaries)?;
    machine();
    let mut figures = Vec::new();
    for round in 0..args.rounds {
        let mut order = kinds.clone();
        if round % 2 == 1 {
            order.reverse();
        }
        for kind in order {
            progress(&format!("round {}: {}", round + 1, kind.name()));
            let server = kind.start(binaries, streams)?;
            let channels = server.users(streams).await?;
            figures.push(measure(kind, &server, &channels, &movie, SPREAD, Duration::from_secs(args.seconds)).await?);
        }
    }
    say(&format!(
        "{} publishers of {} kbit/s (measured {} kbit/s of media), {} s measured; skylark records, nginx-rtmp does not.\n",
        streams,
        args.kbps,
        movie.kbps(),
        args.seconds
    ));
    print(&figures);
    Ok(())
}

/// Publishes `movie` to every channel, waits until all can be watched, and measures for `length`.
pub(crate) async fn measure(
    kind: Kind,
    server: &Server,
    channels: &[Channel],
    movie: &Arc<Movie>,
    spread: Duration,
    length: Duration,
) -> Result<Figures> {
    let (pid, with_children) = (server.pid(), server.works_in_children());
    let before = process::resident(pid, with_children)?;
    process::forget_peak(pid)?;
    let mut fleet = Fleet::start(channels, movie, spread);
    let firsts = fleet.playable().await?;
    let (cpu, sent, began) = (process::cpu(pid)?, fleet.sent(), Instant::now());
    tokio::time::sleep(length).await;
    let used = process::cpu(pid)?.percent_since(cpu, began.elapsed());
    let mbits = (fleet.sent() - sent) as f64 * 8e-6 / began.elapsed().as_secs_f64();
    let peak = process::peak(pid, with_children)?;
    let lost = fleet.stop().await;
    for reason in lost.iter().take(3) {
        progress(&format!("a publisher was lost: {reason}"));
    }
    let both = |of: fn(&crate::player::First) -> Duration| {
        let values: Vec<Duration> = firsts.iter().map(of).collect();
        [percentile(&values, 50), percentile(&values, 95)]
    };
    Ok(Figures {
        kind,
        cpu: used.own + if with_children { used.children } else { 0.0 },
        functions: if with_children { 0.0 } else { used.children },
        thumbnails: used.ended,
        before,
        peak,
        mbits,
        lost: lost.len(),
        media: both(|first| first.media),
        segment: both(|first| first.segment),
    })
}

/// Prints the runs, and the ratios of each pair of them.
pub(crate) fn print(figures: &[Figures]) {
    let head = [
        "server",
        "CPU, % of a core",
        "functions, %",
        "thumbnails, %",
        "CPU per Mbit/s, %",
        "memory before",
        "peak memory",
        "received, Mbit/s",
        "lost",
        "first media p50 / p95",
        "first segment p50 / p95",
    ];
    let rows: Vec<[String; 11]> = figures.iter().map(row).collect();
    table(head, &rows);
    let pairs = figures.chunks_exact(2).filter_map(|pair| {
        let of = |kind| pair.iter().find(|figures| figures.kind == kind);
        of(Kind::Skylark).zip(of(Kind::Nginx))
    });
    let pairs: Vec<(&Figures, &Figures)> = pairs.collect();
    if pairs.is_empty() {
        return;
    }
    let ratio = |of: fn(&Figures) -> f64| median(&pairs.iter().map(|(a, b)| of(a) / of(b)).collect::<Vec<_>>());
    say(&format!(
        "\nskylark / nginx-rtmp, median of {} rounds: CPU per Mbit/s {:.2}, peak memory {:.1}, first media p95 {:.2}.",
        pairs.len(),
        ratio(Figures::per_mbit),
        ratio(|figures| figures.peak as f64),
        ratio(|figures| figures.media[1].as_secs_f64())
    ));
}

impl Figures {
    fn per_mbit(&self) -> f64 {
        self.cpu / self.mbits
    }
}

fn row(figures: &Figures) -> [String; 11] {
    let both = |[p50, p95]: [Duration; 2]| format!("{} / {}", seconds(p50), seconds(p95));
    [
        figures.kind.name().to_owned(),
        format!("{:.1}", figures.cpu),
        format!("{:.1}", figures.functions),
        format!("{:.1}", figures.thumbnails),
        format!("{:.3}", figures.per_mbit()),
        megabytes(figures.before),
        megabytes(figures.peak),
        format!("{:.1}", figures.mbits),
        figures.lost.to_string(),
        both(figures.media),
        both(figures.segment),
    ]
}
