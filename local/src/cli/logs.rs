//! `skylark logs [-f] [function]`.

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use clap::Args;

use super::{Data, say};

#[derive(Args)]
pub(super) struct LogsArgs {
    /// Go on as more is printed.
    #[arg(short, long)]
    follow: bool,
    /// Only this function.
    function: Option<String>,
    #[command(flatten)]
    data: Data,
}

pub(super) fn run(args: &LogsArgs) -> anyhow::Result<ExitCode> {
    let folder = args.data.data.join("logs");
    let mut read: BTreeMap<PathBuf, u64> = BTreeMap::new();
    loop {
        let mut files: Vec<PathBuf> = match std::fs::read_dir(&folder) {
            Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        files.sort();
        if let Some(function) = &args.function {
            files.retain(|file| file.file_stem().is_some_and(|name| name == function.as_str()));
        }
        if files.is_empty() && !args.follow {
            bail!("no function has printed anything yet");
        }
        for path in files {
            let from = read.entry(path.clone()).or_default();
            let mut file = std::fs::File::open(&path)?;
            file.seek(SeekFrom::Start(*from))?;
            let mut text = Vec::new();
            file.read_to_end(&mut text)?;
            // A line that is still being written comes whole the next time.
            let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            *from += whole as u64;
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            for line in String::from_utf8_lossy(&text[..whole]).lines() {
                say(&format!("{name}  {line}"));
            }
        }
        if !args.follow {
            return Ok(ExitCode::SUCCESS);
        }
        std::thread::sleep(Duration::from_millis(300));
    }
}
