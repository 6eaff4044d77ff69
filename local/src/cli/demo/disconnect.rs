//! An encoder whose line is cut and that comes back: what viewers are told at each step.

use std::time::Duration;

use anyhow::{bail, ensure};
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::ending::ended;
use super::live::OnAir;
use crate::cli::chatter::Chatter;
use crate::cli::people::{CREATOR, VIEWER};
use crate::cli::person::text;
use crate::cli::say;
use crate::mediaconvert::Tools;

const TITLE: &str = "The line is cut";
/// From the first picture to the cut: a player should have something to play.
const BEFORE: Duration = Duration::from_secs(4);
/// How long the line is cut. Half of the grace in which a stream stays LIVE.
const CUT: Duration = Duration::from_secs(5);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);
/// How long the way back may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long an echo may take.
const ECHO: Duration = Duration::from_secs(10);

/// Publishes, cuts, comes back, ends. Not on the channel of `demo live`: both may take place at once.
pub(super) async fn run(front: &str, tools: &Tools, over: &mut watch::Receiver<bool>) -> anyhow::Result<()> {
    let mut on_air = OnAir::begin(front, tools, &VIEWER, TITLE).await?;
    on_air.live(over).await?;
    let id = on_air.stream_id().to_owned();
    let viewer = CREATOR.sign_in(front).await?;
    let mut room = Chatter::enter(&viewer, &id).await?;
    talk(&mut room, "The picture is fine", "before").await?;
    tokio::select! {
        () = sleep(BEFORE) => {}
        () = ended(over) => return on_air.end().await,
    }

    let off_air = on_air.cut().await?;
    let cut = Instant::now();
    say("the encoder's line is cut: it was killed and said no goodbye");
    let mut seen = Seen::new(&id, cut);
    while cut.elapsed() < CUT && !*over.borrow() {
        seen.note(&off_air.look().await?)?;
        sleep(LOOK).await;
    }
    talk(&mut room, "It stands still for me, too?", "during").await?;
    say(&format!("+{:.2} s  the chat goes on meanwhile", cut.elapsed().as_secs_f64()));

    let on_air = off_air.come_back().await?;
    let back = Instant::now();
    say(&format!("+{:.2} s  the encoder comes back", cut.elapsed().as_secs_f64()));
    loop {
        let stream = on_air.owner().stream(&id).await?;
        seen.note(&stream)?;
        if stream["ingest"]["state"] == "CONNECTED" {
            break;
        }
        if back.elapsed() > PATIENCE {
            bail!("the encoder is not seen after {PATIENCE:?}");
        }
        sleep(LOOK).await;
    }
    say(&format!(
        "the same stream goes on {:.2} s after its encoder came back; players go on behind a discontinuity",
        back.elapsed().as_secs_f64()
    ));
    talk(&mut room, "There it is again 🎉", "after").await?;
    tokio::select! {
        () = sleep(BEFORE) => {}
        () = ended(over) => {}
    }
    on_air.end().await
}

/// What viewers were told last, and when the line was cut.
struct Seen {
    id: String,
    cut: Instant,
    told: String,
}

impl Seen {
    fn new(id: &str, cut: Instant) -> Self {
        Self { id: id.to_owned(), cut, told: String::new() }
    }

    /// Says what has changed.
    fn note(&mut self, stream: &Value) -> anyhow::Result<()> {
        ensure!(stream["id"] == *self.id, "it is another stream");
        let (status, encoder) = (text(stream, "status")?, text(&stream["ingest"], "state")?);
        let told = match encoder.as_str() {
            "CONNECTED" => "players play",
            "RECONNECTING" => "the picture stands still, the page says that it reconnects",
            "LOST" => "the picture is gone, the page waits for the encoder",
            _ => "there is no picture",
        };
        let told = format!("{status}, encoder {encoder}: {told}");
        if told != self.told {
            say(&format!("+{:.2} s  {told}", self.cut.elapsed().as_secs_f64()));
            self.told = told;
        }
        Ok(())
    }
}

/// Says something and waits for its echo.
async fn talk(room: &mut Chatter, content: &str, name: &str) -> anyhow::Result<()> {
    room.say(content, name).await?;
    let echo = async {
        while let Some(frame) = room.next().await? {
            if frame["client_id"] == name {
                ensure!(frame["type"] == "CHAT_BROADCAST", "the chat refuses: {}", frame["content"]);
                return Ok(());
            }
        }
        bail!("the chat's line is cut")
    };
    match tokio::time::timeout(ECHO, echo).await {
        Ok(heard) => heard,
        Err(_) => bail!("the chat does not answer"),
    }
}
