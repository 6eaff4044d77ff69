//! Our own rules. Each looks at the tree and answers findings: place, rule, what to do.

mod environment;
mod files;
mod floors;
mod functions;
mod locks;

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

/// A broken rule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    place: String,
    message: String,
}

impl Finding {
    fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.message)
    }
}

/// One text file of the tree.
pub(crate) struct Source {
    /// Relative to the root, with slashes.
    path: String,
    text: String,
}

/// Every finding in the tree at `root`.
pub(crate) fn run(root: &Path) -> anyhow::Result<Vec<Finding>> {
    let sources = sources(root)?;
    let mut findings = files::check(&sources);
    findings.extend(functions::check(root, &sources)?);
    findings.extend(locks::check(&sources));
    findings.extend(environment::check(&sources));
    findings.extend(floors::check(root)?);
    Ok(findings)
}

/// The text files that git knows or would take.
fn sources(root: &Path) -> anyhow::Result<Vec<Source>> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .context("git is needed")?;
    ensure!(listed.status.success(), "git ls-files: {}", String::from_utf8_lossy(&listed.stderr));
    let mut sources = Vec::new();
    for path in String::from_utf8(listed.stdout)?.lines() {
        let file: PathBuf = root.join(path);
        // A file that was deleted but not yet committed is still listed; one that is no text has no lines.
        if let Ok(text) = std::fs::read_to_string(&file) {
            sources.push(Source { path: path.to_owned(), text });
        }
    }
    Ok(sources)
}
