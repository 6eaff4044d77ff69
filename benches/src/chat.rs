//! One room with many viewers, some of them dead, in which a few people write (P8 and P9 of the design).

mod ghosts;
mod log;
mod viewer;
mod writer;

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use skylark_tests::chat::Chat;
use skylark_tests::{Person, Stack};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use self::log::Told;
use self::viewer::{Seen, watch_room};
use self::writer::{Writer, Written};
use crate::process;
use crate::report::{machine, percentile, progress, say, seconds, table};
use crate::server::{Binaries, start};

/// Handshakes at a time.
const AT_ONCE: usize = 16;
/// How long the last message may be on its way to the last viewer.
const PATIENCE: Duration = Duration::from_secs(20);
/// The shortest time between two frames of a room.
const WINDOW: Duration = Duration::from_millis(250);
/// What P9 allows beyond it, and P8 of frames for each message and viewer.
const BEYOND: Duration = Duration::from_millis(100);
const FRAMES: f64 = 0.4;
/// A person sends so many messages a second: less than a room takes of one.
const EACH: u32 = 2;

#[derive(Debug, Args)]
pub(crate) struct ChatArgs {
    /// Connections of the room, the dead among them.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(10..=10_000))]
    viewers: u32,
    /// Messages a second.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=200))]
    rate: u32,
    /// How long people write.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// How many viewers are dead, in %: half of them do not read, half are gone and nobody told.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=90))]
    dead: u32,
    /// How many viewers take no batches, in %.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(0..=100))]
    plain: u32,
}

pub(crate) async fn run(args: &ChatArgs, binaries: &Binaries) -> Result<()> {
    machine();
    let stack = start(binaries, Vec::new())?;
    let room = Arc::new(Room::make(&stack).await?);
    let dead = args.viewers * args.dead / 100;
    let (ghosts, silent) = (dead / 2, dead - dead / 2);
    let alive = args.viewers - dead;
    let plain = alive * args.plain / 100;

    progress("viewers come");
    let began = Instant::now();
    let (over, is_over) = watch::channel(false);
    let total = u64::from(args.rate) * args.seconds;
    let mut viewers = JoinSet::new();
    let enter = |number: u32| {
        let room = room.clone();
        async move { anyhow::Ok((number, room.enter(number, number >= plain).await?)) }
    };
    let mut entering = stream::iter(0..alive + silent).map(enter).buffer_unordered(AT_ONCE);
    // Connections are kept until the end; these are not read.
    let mut unread = Vec::new();
    while let Some((number, chat)) = entering.try_next().await? {
        if number < alive {
            viewers.spawn(watch_room(chat, number >= plain, usize::try_from(total)?, is_over.clone()));
        } else {
            unread.push(chat);
        }
    }
    let came = began.elapsed();
    let writers = Writer::enter(&stack, &room, args.rate.div_ceil(EACH)).await?;
    let ghosts = ghosts::haunt(&stack, &room.stream_id, ghosts).await?;

    progress("people write");
    let told_before = Told::read(&stack)?;
    stack.forget_calls().await?;
    let pid = stack.pid();
    let (cpu, broadcast) = (process::cpu(pid)?, process::cpu_of(pid, "chat-broadcast")?);
    let began = Instant::now();
    let written = writer::write(writers, args.rate, args.seconds).await?;
    let mut seen = Vec::new();
    let late = tokio::time::sleep(PATIENCE);
    tokio::pin!(late);
    loop {
        tokio::select! {
            () = &mut late, if !*over.borrow() => drop(over.send_replace(true)),
            done = viewers.join_next() => match done {
                Some(done) => {
                    let (told, chat) = done??;
                    seen.push(told);
                    unread.push(chat);
                }
                None => break,
            },
        }
    }
    let elapsed = began.elapsed();
    let calls = stack.calls().await?;
    let cpu = process::cpu(pid)?.percent_since(cpu, elapsed);
    let broadcast = process::cpu_of(pid, "chat-broadcast")?.saturating_sub(broadcast);
    let told = Told::read(&stack)?.since(&told_before);
    let haunted = ghosts::left(&stack, &room.stream_id, &ghosts).await?;
    drop(unread);

    say(&format!(
        "{} viewers ({alive} alive, {silent} that do not read, {} gone), {} messages in {} by {} people; \
         all had come after {}:\n",
        args.viewers,
        ghosts.len(),
        written.sent,
        seconds(elapsed),
        args.rate.div_ceil(EACH),
        seconds(came)
    ));
    deliveries(&seen, &written);
    costs(&Costs {
        args,
        calls: &calls,
        cpu,
        broadcast,
        elapsed,
        told: &told,
        written: &written,
        viewers: args.viewers + args.rate.div_ceil(EACH),
    });
    say(&format!(
        "\n{} posts met one of {} gone connections, in {} passes; {haunted} of those are left in the table.",
        told.gone,
        ghosts.len(),
        told.passes_with_gone
    ));
    ensure!(written.errors.is_empty(), "people were told of errors: {:?}", written.errors);
    let missing: usize = seen.iter().map(|seen| written.sent - seen.messages()).sum();
    ensure!(missing == 0, "{missing} messages did not arrive");
    Ok(())
}

/// The room that is watched.
pub(crate) struct Room {
    front: String,
    pub(crate) stream_id: String,
}

impl Room {
    async fn make(stack: &Stack) -> Result<Self> {
        let owner = Person::register(stack).await?;
        let stream = owner.new_stream("Load").await?;
        Ok(Self { front: stack.url("front"), stream_id: stream["id"].as_str().context("no id")?.to_owned() })
    }

    /// Somebody who only reads, from an address of their own: tickets are limited by address.
    async fn enter(&self, number: u32, takes_batches: bool) -> Result<Chat> {
        let from = Ipv4Addr::from_bits(Ipv4Addr::new(127, 1, 0, 1).to_bits() + number);
        let client = reqwest::Client::builder().local_address(std::net::IpAddr::from(from)).build()?;
        let ask = client.post(format!("{}/api/v1/streams/{}/chat-ticket", self.front, self.stream_id));
        let answer = ask.send().await?;
        let status = answer.status();
        let ticket: Value = answer.json().await?;
        ensure!(status == 201, "{status}: {ticket}");
        let address = ticket["wsUrl"].as_str().context("no address")?;
        let batch = if takes_batches { "&batch=1" } else { "" };
        let mut chat = Chat::connect(&format!("{address}{batch}"), Some(from)).await?;
        chat.send(&json!({ "type": "HELLO" })).await?;
        chat.frame_that(|frame| frame["type"] == "JOINED").await?;
        Ok(chat)
    }
}

fn deliveries(seen: &[Seen], written: &Written) {
    let rows: Vec<[String; 8]> = [true, false]
        .into_iter()
        .filter_map(|is_batch| {
            let of_kind: Vec<&Seen> = seen.iter().filter(|seen| seen.is_batch == is_batch).collect();
            let due = of_kind.len() * written.sent;
            let sum = |count: fn(&Seen) -> usize| of_kind.iter().map(|seen| count(seen)).sum::<usize>();
            let latencies: Vec<Duration> = of_kind.iter().flat_map(|seen| seen.latencies.iter().copied()).collect();
            let milliseconds = |percent| format!("{:.0} ms", percentile(&latencies, percent).as_secs_f64() * 1000.0);
            (due > 0).then(|| {
                [
                    if is_batch { "batches" } else { "no batches" }.to_owned(),
                    of_kind.len().to_string(),
                    format!("{:.3} %", 100.0 * sum(Seen::messages) as f64 / due as f64),
                    format!("{} / {}", sum(|seen| seen.doubles), sum(|seen| seen.inversions)),
                    milliseconds(50),
                    milliseconds(95),
                    milliseconds(99),
                    format!("{:.3}", sum(|seen| seen.frames) as f64 / due as f64),
                ]
            })
        })
        .collect();
    table(
        ["viewers take", "alive", "delivered", "twice / out of order", "p50", "p95", "p99", "frames per message"],
        &rows,
    );
    let goal = (WINDOW + BEYOND).as_millis();
    say(&format!(
        "\nGoals: 100 %, in order, p99 <= {goal} ms (W + 100 ms), at most {FRAMES:.2} frames with batches.\n"
    ));
}

struct Costs<'a> {
    args: &'a ChatArgs,
    calls: &'a std::collections::BTreeMap<String, u64>,
    cpu: process::Percent,
    broadcast: Duration,
    elapsed: Duration,
    told: &'a Told,
    written: &'a Written,
    viewers: u32,
}

fn costs(costs: &Costs<'_>) {
    let Costs { args, calls, cpu, broadcast, elapsed, told, written, viewers } = costs;
    let posts = calls.get("execute-api.PostToConnection").copied().unwrap_or_default();
    let tables: Vec<String> =
        calls.iter().filter_map(|(call, count)| Some(format!("{} {count}", call.strip_prefix("dynamodb.")?))).collect();
    let of_table: u64 = calls.iter().filter(|(call, _)| call.starts_with("dynamodb.")).map(|(_, count)| count).sum();
    let wall = elapsed.as_secs_f64();
    let row = [
        posts.to_string(),
        format!("{:.0}", posts as f64 / wall),
        format!("{:.3}", posts as f64 / (written.sent as f64 * f64::from(*viewers))),
        told.frames.to_string(),
        of_table.to_string(),
        format!("{:.2}", of_table as f64 / written.sent as f64),
        format!("{:.1} %", cpu.own),
        format!("{:.1} %", 100.0 * broadcast.as_secs_f64() / wall),
        format!("{:.0} us", 1e6 * broadcast.as_secs_f64() / posts.max(1) as f64),
    ];
    table(
        [
            "posts",
            "a second",
            "per message and viewer",
            "rooms told",
            "table calls",
            "per message",
            "skylark, % of a core",
            "chat-broadcast, % of a core",
            "chat-broadcast per post",
        ],
        &[row],
    );
    say(&format!("\nTable calls: {} ({} messages a second).", tables.join(", "), args.rate));
}
