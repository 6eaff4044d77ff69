//! An encoder: ffmpeg, fed with frames that show the time they were made at, publishes by RTMP.

mod picture;

use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin};
use tokio::task::JoinHandle;
use tokio::time::{interval, timeout};

use self::picture::Picture;
use crate::cage::{self, Limits};
use crate::mediaconvert::Tools;

/// Frames each second.
const RATE: u32 = 30;
/// A soft tone with a beep each second.
const TONE: &str = "sine=frequency=220:beep_factor=4:sample_rate=48000,volume=0.1";
/// How long an encoder may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(3);
/// As much of what ffmpeg says as is kept.
const SAID: u64 = 4096;

/// Where an encoder publishes.
#[derive(Clone)]
pub(super) struct Address {
    /// The server, with a slash at its end.
    pub(super) server: String,
    /// The stream key: a secret.
    pub(super) key: String,
}

/// What an encoder sends.
#[derive(Clone, Copy)]
pub(super) enum Size {
    /// 1280x720 at 1.5 Mbit/s.
    Large,
    /// 640x360 at 600 kbit/s.
    Small,
}

impl Size {
    /// Pixels of a block of the picture's clock, and kilobits per second.
    fn numbers(self) -> (usize, u32) {
        match self {
            Self::Large => (40, 1500),
            Self::Small => (20, 600),
        }
    }
}

/// A running encoder. It is killed when it is dropped.
pub(super) struct Encoder {
    ffmpeg: Child,
    feeding: JoinHandle<()>,
    saying: JoinHandle<Vec<u8>>,
    /// Why it has ended.
    said: Option<String>,
    address: Address,
}

impl Encoder {
    /// Begins to publish.
    ///
    /// # Errors
    /// When ffmpeg cannot be started. What the server says comes later: [`Encoder::ended`].
    pub(super) async fn publish(tools: &Tools, address: &Address, size: Size) -> anyhow::Result<Self> {
        let (block, kbps) = size.numbers();
        let picture = Picture::new(block);
        let (width, height) = picture.size();
        let (size, rate) = (format!("{width}x{height}"), RATE.to_string());
        let mut command = cage::command(&tools.skylark, &Limits::default(), &tools.ffmpeg);
        command
            .args(["-hide_banner", "-v", "error"])
            .args(["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", &size, "-r", &rate, "-i", "pipe:0"])
            .args(["-f", "lavfi", "-i", TONE])
            .args(["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p"])
            .args(["-g", &rate, "-b:v", &format!("{kbps}k"), "-maxrate", &format!("{kbps}k")])
            .args(["-bufsize", &format!("{kbps}k"), "-c:a", "aac", "-b:a", "96k", "-f", "flv"])
            .arg(format!("{}{}", address.server, address.key))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut ffmpeg = cage::spawn(command).await.context("ffmpeg cannot be started")?;
        let input = ffmpeg.stdin.take().context("stdin is piped")?;
        let errors = ffmpeg.stderr.take().context("stderr is piped")?;
        let saying = tokio::spawn(async move {
            let mut said = Vec::new();
            let mut errors = errors.take(SAID);
            // Half of it is better than nothing.
            let _ = errors.read_to_end(&mut said).await;
            let _ = tokio::io::copy(&mut errors.into_inner(), &mut tokio::io::sink()).await;
            said
        });
        let feeding = tokio::spawn(feed(input, picture));
        Ok(Self { ffmpeg, feeding, saying, said: None, address: address.clone() })
    }

    /// Waits until it ends by itself, and answers what it says about that, without the key. It can be cancelled.
    pub(super) async fn ended(&mut self) -> String {
        if let Some(said) = &self.said {
            return said.clone();
        }
        let status = self.ffmpeg.wait().await;
        let said = (&mut self.saying).await.unwrap_or_default();
        let said = String::from_utf8_lossy(&said).replace(&self.address.key, "<key>");
        // The rest follows from the first line.
        let said = match (said.lines().next(), status) {
            (Some(said), _) => said.to_owned(),
            (None, Ok(status)) => format!("ffmpeg has ended with {status}"),
            (None, Err(error)) => format!("ffmpeg has ended: {error}"),
        };
        self.said.insert(said).clone()
    }

    /// Ends it as somebody who pulls the plug: to the server, the line is cut.
    pub(super) async fn kill(mut self) -> anyhow::Result<()> {
        // It has no id any more once its end was seen.
        if self.ffmpeg.id().is_some() {
            self.ffmpeg.kill().await?;
        }
        Ok(())
    }

    /// Ends it as people do: it says goodbye to the server.
    pub(super) async fn finish(mut self) -> anyhow::Result<()> {
        // Its input ends, then it ends.
        self.feeding.abort();
        match timeout(GOODBYE, self.ffmpeg.wait()).await {
            Ok(_) => Ok(()),
            Err(_) => self.kill().await,
        }
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        self.feeding.abort();
    }
}

/// Sends frames until ffmpeg takes no more.
async fn feed(mut input: ChildStdin, mut picture: Picture) {
    let mut ticks = interval(Duration::from_secs(1) / RATE);
    for number in 0.. {
        ticks.tick().await;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        if input.write_all(picture.draw(now, number)).await.is_err() {
            break;
        }
    }
}
