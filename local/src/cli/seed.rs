//! `skylark seed`: people to sign in as, something to watch, something to look forward to. Everything goes through the API,
//! RTMP and WebSockets, as people's own programs would. What is there is left alone; what was cut off half-way is gone on
//! with or made again.

mod past;
mod planned;
mod videos;

use std::process::ExitCode;

use super::people::{CREATOR, DEMO, VIEWER};
use super::person::{PASSWORD, Person};
use super::{Data, endpoint, say};
use crate::cage;
use crate::mediaconvert;

/// Who is there.
struct Cast {
    demo: Person,
    creator: Person,
    viewer: Person,
}

pub(super) fn run(args: &Data) -> anyhow::Result<ExitCode> {
    let front = endpoint(args, "front")?;
    let tools = mediaconvert::find_tools(cage::own_binary()?).map_err(anyhow::Error::msg)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (demo, creator, viewer) =
            tokio::try_join!(DEMO.sign_in(&front), CREATOR.sign_in(&front), VIEWER.sign_in(&front))?;
        let cast = Cast { demo, creator, viewer };
        for person in [&cast.demo, &cast.creator, &cast.viewer] {
            say(&format!("{} can sign in with the password: {PASSWORD}", person.username));
        }
        tokio::try_join!(videos::make(&cast, &tools), planned::make(&cast.demo), past::make(&cast, &tools))?;
        if let Some((masked, server)) = cast.demo.masked_key().await? {
            say(&format!("{} streams to {server} with the key {masked}", cast.demo.username));
        }
        say(&format!("Everything is there: {}", cast.demo.page("/")));
        anyhow::Ok(ExitCode::SUCCESS)
    })
}
