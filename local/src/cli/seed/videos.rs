//! Videos of several people, and one that could not become one.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use super::Cast;
use crate::cage::{self, Limits};
use crate::cli::person::{Person, text};
use crate::cli::say;
use crate::mediaconvert::Tools;

/// How long one video may take.
const PATIENCE: Duration = Duration::from_secs(180);
/// Between two looks at it.
const LOOK: Duration = Duration::from_millis(250);
/// Seconds of a generated video.
const SECONDS: &str = "6";
/// What is uploaded as a video and is none.
const NO_VIDEO: &str = "These are words. Whoever uploads them as a film is told that they are no film.\n";

/// What is in a file.
enum Content {
    /// A picture that ffmpeg draws from this, with a tone of so many hertz.
    Drawn(&'static str, u32),
    /// Nothing that plays.
    Words,
}

struct Wanted<'a> {
    owner: &'a Person,
    title: &'static str,
    description: &'static str,
    content: Content,
}

/// Makes the videos that are missing and waits for all of them.
pub(super) async fn make(cast: &Cast, tools: &Tools) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut made = Vec::new();
    for wanted in wanted(cast) {
        let title = wanted.title;
        let id = prepare(&wanted, tools, folder.path()).await.with_context(|| format!("\"{title}\""))?;
        made.extend(id.map(|id| (wanted, id)));
    }
    // They are transcoded one after another.
    for (wanted, id) in made {
        let title = wanted.title;
        let video = finished(wanted.owner, &id).await.with_context(|| format!("\"{title}\""))?;
        let page = wanted.owner.page(&format!("/watch/{id}"));
        match (&wanted.content, video["failure"]["message"].as_str()) {
            (Content::Drawn(..), None) => say(&format!("\"{title}\" plays at {page}")),
            (Content::Words, Some(why)) => {
                say(&format!("\"{title}\" shows how it looks when it fails at {page}: {why}"))
            }
            (Content::Drawn(..), Some(why)) => bail!("\"{title}\": {why}"),
            (Content::Words, None) => bail!("\"{title}\" is no video and became one"),
        }
    }
    Ok(())
}

fn wanted(cast: &Cast) -> [Wanted<'_>; 4] {
    [
        Wanted {
            owner: &cast.demo,
            title: "Colour bars",
            description: "Six seconds of a test picture with a tone: is everything where it belongs?",
            content: Content::Drawn("testsrc2=size=1280x720:rate=30", 330),
        },
        Wanted {
            owner: &cast.creator,
            title: "A walk into the Mandelbrot set",
            description: "The same coast, nearer and nearer. It never gets simpler.",
            content: Content::Drawn("mandelbrot=size=640x360:rate=30:end_scale=0.2:maxiter=300,scale=1280:720", 220),
        },
        Wanted {
            owner: &cast.viewer,
            title: "A game of life",
            description: "Cells with two neighbours stay, with three are born, and all others leave. What remains moves.",
            content: Content::Drawn(
                "life=size=320x180:rate=15:mold=10:ratio=0.3:life_color=#7aa7ff:death_color=#101418,scale=1280:720:flags=neighbor",
                262,
            ),
        },
        Wanted {
            owner: &cast.demo,
            title: "Holiday film",
            description: "The file was a text all along.",
            content: Content::Words,
        },
    ]
}

/// Uploads the video unless it is there. Answers its id when it has to be waited for.
async fn prepare(wanted: &Wanted<'_>, tools: &Tools, folder: &Path) -> anyhow::Result<Option<String>> {
    let Wanted { owner, title, .. } = wanted;
    let mine = owner.list("/videos?userId=me").await?;
    let found = mine.iter().filter(|video| video["title"] == *title);
    let mut leftovers = Vec::new();
    for video in found {
        let id = text(video, "id")?;
        match (video["status"].as_str(), &wanted.content) {
            (Some("READY"), Content::Drawn(..)) | (Some("FAILED"), Content::Words) => {
                say(&format!("\"{title}\" is there already"));
                return Ok(None);
            }
            (Some("PROCESSING"), _) => return Ok(Some(id)),
            _ => leftovers.push(id),
        }
    }
    for id in leftovers {
        owner.ask(Method::DELETE, &format!("/videos/{id}"), None).await?;
    }
    let bytes = match wanted.content {
        Content::Drawn(source, hertz) => tokio::fs::read(draw(tools, folder, source, hertz).await?).await?,
        Content::Words => NO_VIDEO.as_bytes().to_vec(),
    };
    upload(wanted, bytes).await.map(Some)
}

async fn draw(tools: &Tools, folder: &Path, source: &str, hertz: u32) -> anyhow::Result<PathBuf> {
    let file = folder.join("video.mp4");
    let tone = format!("sine=frequency={hertz},volume=0.2");
    let mut command = cage::command(&tools.skylark, &Limits::default(), &tools.ffmpeg);
    command
        .args(["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", source, "-f", "lavfi", "-i", &tone])
        .args(["-t", SECONDS, "-pix_fmt", "yuv420p", "-preset", "ultrafast", "-movflags", "+faststart"])
        .arg(&file)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let drawn = cage::spawn(command).await.context("ffmpeg cannot be started")?.wait_with_output().await?;
    ensure!(drawn.status.success(), "ffmpeg: {}", String::from_utf8_lossy(&drawn.stderr).trim());
    Ok(file)
}

async fn upload(wanted: &Wanted<'_>, bytes: Vec<u8>) -> anyhow::Result<String> {
    let announced = json!({
        "fileName": "video.mp4",
        "contentType": "video/mp4",
        "fileSize": bytes.len(),
        "title": wanted.title,
        "description": wanted.description,
    });
    let begun = wanted.owner.post("/uploads", Some(&announced)).await?;
    wanted.owner.put(&text(&begun, "url")?, &begun["headers"], bytes).await?;
    text(&begun, "videoId")
}

async fn finished(owner: &Person, id: &str) -> anyhow::Result<Value> {
    let began = Instant::now();
    loop {
        let video = owner.get(&format!("/videos/{id}")).await?;
        if matches!(video["status"].as_str(), Some("READY" | "FAILED")) {
            return Ok(video);
        }
        ensure!(began.elapsed() < PATIENCE, "it is not READY after {PATIENCE:?}");
        tokio::time::sleep(LOOK).await;
    }
}
