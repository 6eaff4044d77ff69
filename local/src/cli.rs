//! The command `skylark`.

mod chatter;
mod demo;
mod doctor;
mod encoder;
mod invoke;
mod logs;
mod people;
mod person;
mod reset;
mod seed;
mod streams;
mod up;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};

use crate::cage::{self, CageArgs};

/// Skylark's local cloud: the Lambda functions and everything they need, on this machine.
#[derive(Parser)]
#[command(name = "skylark", version, disable_help_subcommand = true)]
struct Skylark {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start everything and print where it is.
    Up(Box<up::UpArgs>),
    /// Say what is there, what is missing and what to do about it.
    Doctor(Data),
    /// Make people, videos and streams in the running stack, as if it had been used.
    Seed(Data),
    /// Go live with a generated picture, and let people chat.
    Demo(demo::DemoArgs),
    /// Delete all data and start afresh the next time.
    Reset(Data),
    /// Run a function once with an event from a file.
    Invoke(invoke::InvokeArgs),
    /// Show what functions print.
    Logs(logs::LogsArgs),
    /// Run a program under limits; used by skylark itself.
    #[command(hide = true)]
    Cage(CageArgs),
}

/// Where a stack keeps its data.
#[derive(Args, Clone)]
struct Data {
    /// The data directory.
    #[arg(long, default_value = ".skylark")]
    data: PathBuf,
}

/// Runs the command line and answers the exit code.
pub fn run() -> ExitCode {
    let done = match Skylark::parse().command {
        Command::Cage(args) => return cage::run(args),
        Command::Up(args) => up::run(*args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Seed(args) => seed::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Reset(args) => reset::run(&args),
        Command::Invoke(args) => invoke::run(args),
        Command::Logs(args) => logs::run(&args),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Where a service of the running stack is.
fn endpoint(data: &Data, service: &str) -> anyhow::Result<String> {
    let file = data.data.join("endpoints.json");
    let text = std::fs::read(&file).context("no stack is running here: start one with `skylark up`")?;
    let mut endpoints: BTreeMap<String, String> = serde_json::from_slice(&text)?;
    endpoints.remove(service).with_context(|| format!("the running stack has no {service}"))
}

/// Prints a line for the user. Whoever closed our output does not want to know: that is no reason to stop.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Prints what went wrong.
fn complain(message: &str) {
    let _ = writeln!(std::io::stderr(), "skylark: {message}");
}
