//! A stream that is over: it really took place, for half a minute, and people talked. Its recording plays with the chat.

use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until, timeout};

use super::Cast;
use crate::cli::chatter::Chatter;
use crate::cli::encoder::{Encoder, Size};
use crate::cli::person::{Person, Refusal, text};
use crate::cli::say;
use crate::cli::streams::{is_done, video_of};
use crate::mediaconvert::Tools;

const TITLE: &str = "Sunrise over the moor";
const DESCRIPTION: &str = "Half a minute of dawn with a clock in it, and those who were awake.";
/// From the first picture to the end.
const LENGTH: Duration = Duration::from_secs(22);
/// How long an encoder may take to be seen, and a stream to become a video.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long an echo may take before the message is sent again.
const ECHO: Duration = Duration::from_secs(5);
/// How often that is done.
const TRIES: usize = 4;

/// Who says something.
#[derive(Clone, Copy)]
enum Who {
    Demo,
    Creator,
    Viewer,
}

/// Milliseconds after the first picture, who, and what.
const SAID: [(u64, Who, &str); 9] = [
    (1_500, Who::Creator, "Good morning! Does everybody hear the tone?"),
    (4_000, Who::Viewer, "Loud and clear 👋"),
    (6_500, Who::Demo, "The picture is sharp, too"),
    (9_000, Who::Creator, "The bar crosses the moor every few seconds"),
    (11_000, Who::Viewer, "The first time I am up early enough for this 🌅"),
    (13_500, Who::Demo, "What are the blocks at the top?"),
    (16_000, Who::Creator, "A clock for programs: it says how old a picture is"),
    (18_500, Who::Viewer, "Nice. Until tomorrow evening!"),
    (20_500, Who::Creator, "Until then 🐦"),
];

/// Makes it unless it is there, or goes on with it.
pub(super) async fn make(cast: &Cast, tools: &Tools) -> anyhow::Result<()> {
    let owner = &cast.creator;
    let known = owner.own_stream(|stream| stream["title"] == TITLE).await?;
    let known = match &known {
        Some(card) => Some(owner.stream(&text(card, "id")?).await?),
        None => None,
    };
    let stream = match known {
        Some(stream) if is_open(&stream) => stream,
        Some(stream) => {
            let ended = owner.stream_that(&text(&stream, "id")?, PATIENCE, is_done).await?;
            if is_whole(owner, &ended).await? {
                say(&format!("\"{TITLE}\" is there already"));
                return Ok(());
            }
            owner.remove_stream(&ended).await?;
            announce(owner).await?
        }
        None => announce(owner).await?,
    };
    take_place(cast, tools, &stream).await.with_context(|| format!("\"{TITLE}\""))
}

async fn announce(owner: &Person) -> anyhow::Result<Value> {
    owner.announce(&json!({ "title": TITLE, "description": DESCRIPTION })).await
}

fn is_open(stream: &Value) -> bool {
    matches!(stream["state"].as_str(), Some("CREATED" | "STARTING" | "RUNNING"))
}

/// Whether a stream that is over has what it should have. A video that somebody has deleted is not wanted back.
async fn is_whole(owner: &Person, ended: &Value) -> anyhow::Result<bool> {
    let Some(video) = ended["videoId"].as_str() else { return Ok(false) };
    match owner.get(&format!("/videos/{video}")).await {
        Ok(video) => Ok(video["chatReplayUrl"].is_string()),
        Err(error) => match error.downcast_ref::<Refusal>() {
            Some(refusal) if refusal.status == 404 => Ok(true),
            _ => Err(error),
        },
    }
}

async fn take_place(cast: &Cast, tools: &Tools, stream: &Value) -> anyhow::Result<()> {
    let owner = &cast.creator;
    let id = text(stream, "id")?;
    let address = owner.open(stream).await?;
    let mut encoder = Encoder::publish(tools, &address, Size::Small).await?;
    let live = owner
        .stream_that(&id, PATIENCE, |stream| stream["status"] == "LIVE" && stream["ingest"]["state"] == "CONNECTED");
    tokio::select! {
        live = live => live?,
        said = encoder.ended() => bail!(said),
    };
    say(&format!("\"{TITLE}\" is live for {} s: {}", LENGTH.as_secs(), owner.page(&format!("/live/{id}"))));
    let began = Instant::now();
    tokio::select! {
        talked = talk(cast, &id, began) => talked?,
        said = encoder.ended() => bail!(said),
    }
    sleep_until(began + LENGTH).await;
    let ended = owner.end_stream(&id, PATIENCE).await?;
    drop(encoder);
    let video = video_of(&ended)?;
    let recorded = owner.get(&format!("/videos/{video}")).await?;
    if !recorded["chatReplayUrl"].is_string() {
        bail!("its video has no chat");
    }
    say(&format!("\"{TITLE}\" plays with its chat at {}", owner.page(&format!("/watch/{video}"))));
    Ok(())
}

/// Says at its time whatever nobody has said yet.
async fn talk(cast: &Cast, id: &str, began: Instant) -> anyhow::Result<()> {
    let said = cast.creator.get(&format!("/streams/{id}/messages?limit=100")).await?;
    let is_said = |content: &str| said["items"].as_array().into_iter().flatten().any(|one| one["content"] == content);
    let mut rooms: [Option<Chatter>; 3] = [None, None, None];
    for (number, (at, who, content)) in SAID.into_iter().enumerate() {
        sleep_until(began + Duration::from_millis(at)).await;
        if is_said(content) {
            continue;
        }
        let person = match who {
            Who::Demo => &cast.demo,
            Who::Creator => &cast.creator,
            Who::Viewer => &cast.viewer,
        };
        say_until_heard(person, &mut rooms[who as usize], id, content, &format!("seed-{number}")).await?;
    }
    Ok(())
}

/// Says something and waits for its echo; comes back and says it again when the line is cut.
async fn say_until_heard(
    person: &Person,
    room: &mut Option<Chatter>,
    id: &str,
    content: &str,
    name: &str,
) -> anyhow::Result<()> {
    for _ in 0..TRIES {
        let heard = async {
            let chatter = match room {
                Some(chatter) => chatter,
                None => room.insert(Chatter::enter(person, id).await?),
            };
            chatter.say(content, name).await?;
            while let Some(frame) = chatter.next().await? {
                if frame["client_id"] == name {
                    return Ok(Some(frame));
                }
            }
            anyhow::Ok(None)
        };
        match timeout(ECHO, heard).await {
            Ok(Ok(Some(frame))) if frame["type"] == "CHAT_BROADCAST" => return Ok(()),
            Ok(Ok(Some(refused))) => bail!("the chat refuses: {}", refused["content"].as_str().unwrap_or_default()),
            Ok(Err(error)) if error.is::<Refusal>() => return Err(error),
            // The line was cut, or nobody answers.
            Ok(Ok(None) | Err(_)) | Err(_) => *room = None,
        }
    }
    bail!("the chat does not answer")
}
