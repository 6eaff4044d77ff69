//! A command of `skylark` that runs while a test looks on.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::Stack;
use crate::stack::{built, caged, spawn};

/// How long something may take that is awaited.
const PATIENCE: Duration = Duration::from_secs(90);

/// A running command. It is killed when it is dropped.
pub struct Running {
    child: Child,
    lines: mpsc::UnboundedReceiver<String>,
    /// All that was said.
    said: Vec<String>,
}

impl Stack {
    /// Begins a command of `skylark` on this stack's data.
    pub fn begin(&self, arguments: &[&str]) -> Result<Running> {
        let mut command = caged(built()?.as_os_str())?;
        command.args(arguments).arg("--data").arg(self.data());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = spawn(command)?;
        let (sender, lines) = mpsc::unbounded_channel();
        listen(child.stdout.take().context("stdout is piped")?, sender.clone());
        listen(child.stderr.take().context("stderr is piped")?, sender);
        Ok(Running { child, lines, said: Vec::new() })
    }
}

impl Running {
    /// Waits until it says something with these words in it, and answers the line.
    pub async fn says(&mut self, words: &str) -> Result<String> {
        let wait = async {
            while let Some(line) = self.lines.recv().await {
                self.said.push(line.clone());
                if line.contains(words) {
                    return anyhow::Ok(line);
                }
            }
            anyhow::bail!("it has ended")
        };
        let found = timeout(PATIENCE, wait).await.context("it takes too long").flatten();
        found.with_context(|| format!("it does not say \"{words}\" but: {}", self.said.join("\n")))
    }

    /// Interrupts it as ctrl-c does.
    pub fn interrupt(&self) -> Result<()> {
        let pid = Pid::from_raw(self.child.id().try_into()?).context("no process has this id")?;
        Ok(kill_process(pid, Signal::INT)?)
    }

    /// Kills it without a word.
    pub fn kill_9(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Waits for its end, and answers whether it succeeded and all it said.
    pub async fn ended(mut self) -> Result<(bool, String)> {
        let wait = async {
            while let Some(line) = self.lines.recv().await {
                self.said.push(line);
            }
        };
        let ended = timeout(PATIENCE, wait).await;
        let said = self.said.join("\n");
        ended.with_context(|| format!("it does not end: {said}"))?;
        Ok((self.child.wait()?.success(), said))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn listen(output: impl Read + Send + 'static, sender: mpsc::UnboundedSender<String>) {
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // The test may be over.
            let _ = sender.send(line);
        }
    });
}
