//! ffmpeg as an encoder: a moving test picture with a tone, by RTMP, in real time.

use std::io::Read;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::stack::{caged, spawn};

/// What an encoder sends.
#[derive(Debug, Clone, Copy)]
pub struct Picture {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Kilobits per second of video.
    pub kbps: u32,
}

impl Default for Picture {
    /// Small, so that many of them run at once.
    fn default() -> Self {
        Self { width: 320, height: 180, kbps: 300 }
    }
}

/// A running encoder. It is killed when it is dropped.
pub struct Encoder {
    child: Child,
}

impl Encoder {
    /// Begins to publish to `address` (server and key) until it is ended.
    pub fn publish(address: &str) -> Result<Self> {
        Self::publish_picture(address, Picture::default())
    }

    /// The same, with another picture.
    pub fn publish_picture(address: &str, picture: Picture) -> Result<Self> {
        let Picture { width, height, kbps } = picture;
        let ffmpeg = std::env::var_os("FFMPEG").unwrap_or_else(|| "ffmpeg".into());
        let mut command = caged(&ffmpeg)?;
        let source = format!("testsrc2=size={width}x{height}:rate=30");
        command
            .args(["-nostdin", "-v", "error", "-re", "-f", "lavfi", "-i", &source])
            .args(["-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"])
            .args(["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p"])
            .args(["-g", "30", "-b:v", &format!("{kbps}k"), "-c:a", "aac", "-b:a", "64k", "-f", "flv", address])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        Ok(Self { child: spawn(command).context("ffmpeg cannot be started")? })
    }

    /// Kills it: the server sees the connection break.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Whether it still publishes.
    pub fn is_running(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// Waits until the server has turned it away, and answers what it says.
    pub async fn refused(mut self) -> Result<String> {
        let started = Instant::now();
        while self.is_running()? {
            ensure!(started.elapsed() < Duration::from_secs(30), "the encoder still publishes");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let mut said = String::new();
        self.child.stderr.take().context("stderr is piped")?.read_to_string(&mut said)?;
        Ok(said)
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
