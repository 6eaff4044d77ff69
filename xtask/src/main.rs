//! Tasks of this repository that need a program: `xtask tidy`.

mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
struct Xtask {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Holds the tree against the rules that a compiler does not know.
    Tidy,
}

#[allow(clippy::print_stdout, clippy::print_stderr, reason = "a task talks to its user")]
fn main() -> anyhow::Result<ExitCode> {
    let Task::Tidy = Xtask::parse().task;
    let findings = tidy::run(std::path::Path::new("."))?;
    for finding in &findings {
        eprintln!("{finding}");
    }
    println!("tidy: {} findings", findings.len());
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
