//! `skylark up` whose WebSocket API lets everybody in and asks no function.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use skylark_tests::Stack;
use tokio::process::Command;

use crate::server::{Binaries, start};

/// What the template has and this bench does not want: functions behind connections, and a limit of requests.
const ROUTES: [&str; 4] = ["ConnectRoute", "DisconnectRoute", "DefaultRoute", "DefaultRouteResponse"];
const LIMIT: &str = "      DefaultRouteSettings: { ThrottlingBurstLimit: 2000, ThrottlingRateLimit: 4000 }\n";

pub(super) struct Gateway {
    stack: Stack,
    _folder: tempfile::TempDir,
}

impl Gateway {
    pub(super) async fn start(binaries: &Binaries) -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the workspace has a root")?;
        let template = std::fs::read_to_string(root.join("template.yaml"))?;
        ensure!(template.contains(LIMIT), "the template limits requests in another way");
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("template.yaml");
        std::fs::write(&file, without(&template.replace(LIMIT, ""), &ROUTES))?;
        let stack = start(binaries, vec!["--template".into(), file.into()])?;
        Ok(Self { stack, _folder: folder })
    }

    pub(super) fn pid(&self) -> u32 {
        self.stack.pid()
    }

    pub(super) fn address(&self) -> String {
        format!("{}/ws", self.stack.url("front").replacen("http", "ws", 1))
    }

    /// Posts `frames` frames to each connection, from another process.
    pub(super) async fn broadcast(&self, ids: &[String], frames: u32, bytes: u32) -> Result<()> {
        let secrets: Value = serde_json::from_slice(&std::fs::read(self.stack.data().join("secrets.json"))?)?;
        let secret = secrets["local-credentials"].as_str().context("no local credentials")?;
        let file = self.stack.data().join("connections.txt");
        std::fs::write(&file, ids.join("\n"))?;
        let poster = Command::new(std::env::current_exe()?)
            .args(["poster", "--url", &self.stack.url("connections"), "--frames", &frames.to_string()])
            .args(["--bytes", &bytes.to_string(), "--ids"])
            .arg(file)
            .env("AWS_SECRET_ACCESS_KEY", secret)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .status()
            .await?;
        ensure!(poster.success(), "the poster ended with {poster}");
        Ok(())
    }
}

/// A template without some of its resources, which are not referred to.
fn without(template: &str, resources: &[&str]) -> String {
    let mut kept = String::new();
    let mut is_dropped = false;
    for line in template.lines() {
        // A resource begins with its name, two spaces in.
        if let Some(name) = line.strip_prefix("  ").filter(|rest| !rest.starts_with([' ', '#'])) {
            is_dropped = resources.contains(&name.trim_end_matches(':'));
        } else if !line.starts_with(' ') {
            is_dropped = false;
        }
        if !is_dropped {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_goes_with_its_properties_and_nothing_else() {
        let template =
            "Resources:\n  A:\n    Type: x\n  B:\n    Type: y\n  # of C\n  C:\n    Type: z\nOutputs:\n  B: 1\n";
        assert_eq!(without(template, &["A"]), template.replace("  A:\n    Type: x\n", ""));
        assert_eq!(without(template, &[]), template);
    }
}
