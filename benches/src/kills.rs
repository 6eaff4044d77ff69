//! Members of a room who write while the chat's processes, and everything, are killed (R3 of the design).

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Args;
use skylark_tests::chat::storm::{Kill, Storm};

use crate::report::{machine, progress, say, seconds, table};
use crate::server::{Binaries, start};

/// The SDK's time after which a message without an echo is sent again.
const RESEND: Duration = Duration::from_secs(10);
/// What is killed in turn: of ten kills three are of everything.
const TURNS: [Kill; 10] = [
    Kill::Everything,
    Kill::Message,
    Kill::Broadcast,
    Kill::Entrance,
    Kill::Everything,
    Kill::Message,
    Kill::Broadcast,
    Kill::Everything,
    Kill::Message,
    Kill::Broadcast,
];
/// Names that are shown of each kind.
const SHOWN: usize = 10;

#[derive(Debug, Args)]
pub(crate) struct KillsArgs {
    /// Messages, of all members together.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(50..=200_000))]
    messages: u32,
    /// Kills.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    kills: u32,
    /// Members of the room, who all write.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(2..=500))]
    clients: u32,
    /// Chooses the moments.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(crate) async fn run(args: &KillsArgs, binaries: &Binaries) -> Result<()> {
    machine();
    let stack = Arc::new(start(binaries, Vec::new())?);
    let storm = Storm {
        clients: args.clients as usize,
        each: args.messages.div_ceil(args.clients) as usize,
        kills: TURNS.into_iter().cycle().take(args.kills as usize).collect(),
        resend: RESEND,
        seed: args.seed,
    };
    progress("people chat, and processes are killed");
    let account = storm.run(&stack).await?;
    let per_second = account.echoed as f64 / account.took.as_secs_f64();
    say(&format!(
        "{} members, {} messages echoed in {} ({per_second:.0} a second), seed {}:\n",
        args.clients,
        account.echoed,
        seconds(account.took),
        args.seed
    ));
    let kills = |kind| storm.kills.iter().filter(|kill| **kill == kind).count().to_string();
    let processes = |kind| account.killed.get(&kind).copied().unwrap_or_default().to_string();
    let kinds = [Kill::Everything, Kill::Message, Kill::Broadcast, Kill::Entrance];
    let rows = kinds.map(|kind| [kind.name().to_owned(), kills(kind), processes(kind)]);
    table(["killed", "times", "processes"], &rows);
    say("");
    let row = [
        account.lost.len().to_string(),
        account.doubled.len().to_string(),
        account.phantoms.len().to_string(),
        account.unseen.to_string(),
        account.refused.len().to_string(),
        account.resent.to_string(),
        account.reconnects.to_string(),
        seconds(account.longest_gap),
    ];
    let head = ["lost", "doubled", "told, not stored", "not seen", "refused", "resends", "reconnects", "longest gap"];
    table(head, &[row]);
    for (what, names) in [("lost", &account.lost), ("doubled", &account.doubled), ("not stored", &account.phantoms)] {
        if !names.is_empty() {
            progress(&format!("{what}: {}", names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ")));
        }
    }
    for refusal in account.refused.iter().take(SHOWN) {
        progress(&format!("refused: {refusal}"));
    }
    let wrong = account.lost.len() + account.doubled.len() + account.phantoms.len();
    ensure!(wrong == 0, "{wrong} messages are lost, doubled or not stored");
    Ok(())
}
