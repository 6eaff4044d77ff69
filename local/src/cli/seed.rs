//! `skylark seed`: somebody to sign in as, and something to watch. Everything goes through the API, as a person's would.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use super::{Data, endpoint, say};
use crate::cage;
use crate::mediaconvert::{self, Tools};

/// Who can sign in on every local stack. No secret: the stack answers on this machine only.
pub(super) const USERNAME: &str = "demo";
/// The password of [`USERNAME`].
pub(super) const PASSWORD: &str = "watch the skylark";

/// Title, and the source that ffmpeg draws it with.
const VIDEOS: [(&str, &str); 3] = [
    ("Colour bars", "testsrc2=size=1280x720:rate=30"),
    ("A walk into the Mandelbrot set", "mandelbrot=size=1280x720:rate=30:end_scale=0.2:maxiter=500"),
    (
        "A game of life",
        "life=size=320x180:rate=15:mold=10:ratio=0.3:life_color=#7aa7ff:death_color=#101418,scale=1280:720:flags=neighbor",
    ),
];
/// How long one video may take.
const PATIENCE: Duration = Duration::from_secs(180);

pub(super) fn run(args: &Data) -> anyhow::Result<ExitCode> {
    let front = endpoint(args, "front")?;
    let tools = mediaconvert::find_tools(cage::own_binary()?).map_err(anyhow::Error::msg)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(seed(&front, &tools))?;
    Ok(ExitCode::SUCCESS)
}

async fn seed(front: &str, tools: &Tools) -> anyhow::Result<()> {
    let token = sign_in(front).await?;
    say(&format!("{USERNAME} can sign in with the password: {PASSWORD}"));
    let client = Client::new();
    let mine = client.get(format!("{front}/api/v1/videos?userId=me&limit=100")).bearer_auth(&token);
    let mine: Value = mine.send().await?.error_for_status()?.json().await?;
    // One that was cut off half-way is made again.
    let lives = |video: &&Value| matches!(video["status"].as_str(), Some("PROCESSING" | "READY"));
    let videos = mine["items"].as_array().into_iter().flatten().filter(lives);
    let titles: Vec<&str> = videos.filter_map(|one| one["title"].as_str()).collect();
    let folder = tempfile::tempdir()?;
    for (title, source) in VIDEOS {
        if titles.contains(&title) {
            say(&format!("\"{title}\" is there already"));
            continue;
        }
        let file = draw(tools, folder.path(), source)?;
        let id = upload(front, &token, title, &file).await?;
        wait(front, &token, &id).await.with_context(|| format!("\"{title}\""))?;
        say(&format!("\"{title}\" plays at {front}/?v={id}"));
    }
    Ok(())
}

/// Signs the demo user in, and makes the account the first time. Answers an access token.
pub(super) async fn sign_in(front: &str) -> anyhow::Result<String> {
    let client = Client::new();
    let ask =
        async |path: &str, body: Value| client.post(format!("{front}/api/v1/auth/{path}")).json(&body).send().await;
    let mut answer = ask("login", json!({ "username": USERNAME, "password": PASSWORD })).await?;
    if answer.status() == StatusCode::UNAUTHORIZED {
        let email = format!("{USERNAME}@skylark.invalid");
        answer = ask("register", json!({ "username": USERNAME, "password": PASSWORD, "email": email })).await?;
        ensure!(answer.status() != StatusCode::CONFLICT, "somebody else has the username {USERNAME} here");
    }
    let answer: Value = answer.error_for_status()?.json().await?;
    Ok(answer["accessToken"].as_str().context("the answer holds no token")?.to_owned())
}

fn draw(tools: &Tools, folder: &Path, source: &str) -> anyhow::Result<std::path::PathBuf> {
    let file = folder.join("video.mp4");
    let drawn = Command::new(&tools.ffmpeg)
        .args(["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", source, "-f", "lavfi", "-i", "sine=frequency=330"])
        .args(["-t", "6", "-pix_fmt", "yuv420p", "-preset", "veryfast", "-movflags", "+faststart"])
        .arg(&file)
        .output()?;
    ensure!(drawn.status.success(), "ffmpeg: {}", String::from_utf8_lossy(&drawn.stderr).trim());
    Ok(file)
}

async fn upload(front: &str, token: &str, title: &str, file: &Path) -> anyhow::Result<String> {
    let client = Client::new();
    let bytes = std::fs::read(file)?;
    let body = json!({ "fileName": "video.mp4", "contentType": "video/mp4", "fileSize": bytes.len(), "title": title });
    let begun = client.post(format!("{front}/api/v1/uploads")).bearer_auth(token).json(&body).send().await?;
    let begun: Value = begun.error_for_status()?.json().await?;
    let mut put = client.put(begun["url"].as_str().context("the answer holds no URL")?).body(bytes);
    for (name, value) in begun["headers"].as_object().into_iter().flatten() {
        put = put.header(name, value.as_str().unwrap_or_default());
    }
    put.send().await?.error_for_status()?;
    Ok(begun["videoId"].as_str().context("the answer names no video")?.to_owned())
}

async fn wait(front: &str, token: &str, id: &str) -> anyhow::Result<()> {
    let client = Client::new();
    let started = Instant::now();
    loop {
        let video = client.get(format!("{front}/api/v1/videos/{id}")).bearer_auth(token).send().await?;
        let video: Value = video.error_for_status()?.json().await?;
        match video["status"].as_str() {
            Some("READY") => return Ok(()),
            Some("FAILED") => bail!("{}", video["failure"]["message"].as_str().unwrap_or("it failed")),
            _ if started.elapsed() > PATIENCE => bail!("it is not READY after {PATIENCE:?}"),
            _ => tokio::time::sleep(Duration::from_millis(250)).await,
        }
    }
}
