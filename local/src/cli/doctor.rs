//! `skylark doctor`.

use std::path::Path;
use std::process::ExitCode;

use super::{Data, say};
use crate::cage;
use crate::mediaconvert;
use crate::template;

pub(super) fn run(args: &Data) -> anyhow::Result<ExitCode> {
    let mut healthy = true;
    let mut report = |name: &str, found: Result<String, String>| match found {
        Ok(detail) => say(&format!("ok       {name}: {detail}")),
        Err(advice) => {
            healthy = false;
            say(&format!("missing  {name}: {advice}"));
        }
    };
    let skylark = cage::own_binary()?;
    let beside = skylark.parent().unwrap_or(Path::new("."));
    match template::read(Path::new("template.yaml"), &known_parameters()) {
        Ok(world) => {
            report("template", Ok(format!("{} functions, {} routes", world.functions.len(), world.routes.len())));
            for function in world.functions.values() {
                let binary = beside.join(&function.name);
                let found = match binary.is_file() {
                    true => Ok(binary.display().to_string()),
                    false => Err("build it with `cargo build --workspace --bins`".to_owned()),
                };
                report(&function.name, found);
            }
        }
        Err(error) => report("template", Err(format!("{error:#}"))),
    }
    let tools = mediaconvert::find_tools(skylark.clone());
    report("ffmpeg", tools.map(|tools| format!("{}, {}", tools.ffmpeg.display(), tools.ffprobe.display())));
    let data = &args.data;
    let writable = std::fs::create_dir_all(data).and_then(|()| tempfile::tempfile_in(data));
    report(
        "data",
        writable.map(|_| data.display().to_string()).map_err(|error| format!("{}: {error}", data.display())),
    );
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The parameters `skylark up` sets.
fn known_parameters() -> std::collections::BTreeMap<String, String> {
    ["SiteUrl", "MediaUrl"].map(|name| (name.to_owned(), "http://127.0.0.1".to_owned())).into()
}
