//! One log file for each function: what its processes print, between Lambda's own START and REPORT lines.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::fs::{File, OpenOptions};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::sync::Mutex;

/// Appends lines to a function's log file. Cheap to clone.
#[derive(Clone)]
pub(super) struct Log {
    path: Arc<PathBuf>,
    file: Arc<Mutex<Option<File>>>,
}

impl Log {
    pub(super) fn new(folder: &Path, function: &str) -> Self {
        Self { path: Arc::new(folder.join(format!("{function}.log"))), file: Arc::default() }
    }

    /// Writes one line whole; lines of different processes never mix.
    pub(super) async fn line(&self, text: &str) {
        if let Err(error) = self.write(text).await {
            tracing::error!(path = %self.path.display(), %error, "cannot write the log");
        }
    }

    async fn write(&self, text: &str) -> std::io::Result<()> {
        let mut file = self.file.lock().await;
        if file.is_none() {
            *file = Some(OpenOptions::new().create(true).append(true).open(self.path.as_ref()).await?);
        }
        let Some(file) = file.as_mut() else { return Ok(()) };
        file.write_all(format!("{text}\n").as_bytes()).await?;
        file.flush().await
    }

    /// Copies what a process prints until it closes the stream.
    pub(super) fn follow(&self, stream: impl AsyncRead + Unpin + Send + 'static) {
        let log = self.clone();
        tokio::spawn(async move {
            let mut reader = BufReader::new(stream);
            let mut line = Vec::new();
            loop {
                line.clear();
                match reader.read_until(b'\n', &mut line).await {
                    Ok(0) => return,
                    Ok(_) => log.line(String::from_utf8_lossy(&line).trim_end()).await,
                    Err(error) => return tracing::warn!(%error, "a function's output is cut"),
                }
            }
        });
    }
}
