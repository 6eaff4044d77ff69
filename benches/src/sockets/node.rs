//! Node with `ws`, which has its connections and sends to all of them.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::time::{Instant, sleep};

/// The version that is measured.
const WS: &str = "ws@8.18.3";
/// How long it may take to listen.
const PATIENCE: Duration = Duration::from_secs(10);
/// Each client's `go` sends one frame to everybody, as the README of `ws` shows.
const SCRIPT: &str = r#"
const { WebSocket, WebSocketServer } = require("ws");
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false, backlog: 4096 });
const text = "x".repeat(Number(process.argv[2]));
server.on("connection", (socket) => {
  socket.on("message", () => {
    for (const client of server.clients) if (client.readyState === WebSocket.OPEN) client.send(text);
  });
});
server.on("listening", () => require("fs").writeFileSync("port.tmp", String(server.address().port)));
server.on("listening", () => require("fs").renameSync("port.tmp", "port"));
"#;

/// Installs `ws` for a while.
pub(super) fn install() -> Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("package.json"), "{}")?;
    let installed = Command::new("npm")
        .args(["install", "--no-audit", "--no-fund", "--ignore-scripts", WS])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .context("npm is needed, or measure `--alone`")?;
    let told = String::from_utf8_lossy(&installed.stderr);
    ensure!(installed.status.success(), "ws cannot be installed, measure `--alone`:\n{told}");
    std::fs::write(folder.path().join("server.js"), SCRIPT)?;
    Ok(folder)
}

pub(super) struct Node {
    child: Child,
    port: u16,
}

impl Node {
    pub(super) async fn start(folder: &Path, bytes: u32) -> Result<Self> {
        let port = folder.join("port");
        if port.exists() {
            std::fs::remove_file(&port)?;
        }
        // Ends with this process.
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "node", "server.js", &bytes.to_string()])
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .context("node cannot be started")?;
        let mut node = Self { child, port: 0 };
        let started = Instant::now();
        while !port.exists() {
            if let Some(status) = node.child.try_wait()? {
                bail!("node ended with {status}");
            }
            ensure!(started.elapsed() < PATIENCE, "node does not listen");
            sleep(Duration::from_millis(20)).await;
        }
        node.port = std::fs::read_to_string(port)?.parse()?;
        Ok(node)
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn address(&self) -> String {
        format!("ws://127.0.0.1:{}/", self.port)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended by itself, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
