//! `skylark reset`.

use std::fs::File;
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};

use super::{Data, say};

pub(super) fn run(args: &Data) -> anyhow::Result<ExitCode> {
    let data = &args.data;
    let lock = data.join("lock");
    if !data.exists() {
        say("There is no data.");
        return Ok(ExitCode::SUCCESS);
    }
    // A wrong --data must not delete somebody's files.
    ensure!(lock.is_file(), "{} is no data directory of skylark", data.display());
    if File::open(&lock)?.try_lock().is_err() {
        bail!("skylark is running on {}; stop it first", data.display());
    }
    std::fs::remove_dir_all(data).with_context(|| format!("cannot delete {}", data.display()))?;
    say(&format!("Deleted {}.", data.display()));
    Ok(ExitCode::SUCCESS)
}
