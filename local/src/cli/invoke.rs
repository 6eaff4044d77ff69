//! `skylark invoke <function> <event.json>`: asks the running stack's Lambda.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use serde_json::Value;

use super::{Data, complain, endpoint, say};

#[derive(Args)]
pub(super) struct InvokeArgs {
    /// The function's name, such as site-handler.
    function: String,
    /// A file with the event.
    event: PathBuf,
    #[command(flatten)]
    data: Data,
}

pub(super) fn run(args: InvokeArgs) -> anyhow::Result<ExitCode> {
    let event = std::fs::read(&args.event).with_context(|| format!("cannot read {}", args.event.display()))?;
    let event: Value =
        serde_json::from_slice(&event).with_context(|| format!("{} is not JSON", args.event.display()))?;
    let lambda = endpoint(&args.data, "lambda")?;
    let url = format!("{lambda}/2015-03-31/functions/{}/invocations", args.function);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let answer = reqwest::Client::new().post(url).json(&event).send().await;
        let answer = answer.context("skylark does not answer: is it running?")?;
        let failed = answer.headers().contains_key("x-amz-function-error") || !answer.status().is_success();
        let body = answer.text().await?;
        if failed {
            complain(&body);
            return Ok(ExitCode::FAILURE);
        }
        say(&body);
        Ok(ExitCode::SUCCESS)
    })
}
