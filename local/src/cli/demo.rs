//! `skylark demo`: a stream that is live and people who chat, without an encoder or a second person.

mod chat;
mod disconnect;
mod ending;
mod live;
mod member;
mod phrases;
mod report;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use tokio::sync::watch;

use self::chat::Crowd;
use self::live::OnAir;
use super::people::DEMO;
use super::{Data, complain, endpoint};
use crate::cage;
use crate::mediaconvert;

/// What a stream is called unless somebody says otherwise.
const TITLE: &str = "Live from skylark demo";

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct DemoArgs {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    picture: PictureArgs,
    #[command(flatten)]
    crowd: CrowdArgs,
    #[command(flatten)]
    time: TimeArgs,
    #[command(flatten)]
    data: Data,
}

/// Without any of these: live and chat together.
#[derive(Subcommand)]
enum What {
    /// Publish a generated picture with a clock in it.
    Live(LiveArgs),
    /// Let people talk in a room, and measure how long their words take.
    Chat(ChatArgs),
    /// Cut an encoder's line for five seconds and show what viewers are told.
    Disconnect(Data),
}

#[derive(Args)]
struct LiveArgs {
    #[command(flatten)]
    picture: PictureArgs,
    #[command(flatten)]
    time: TimeArgs,
    #[command(flatten)]
    data: Data,
}

#[derive(Args)]
struct ChatArgs {
    /// The stream whose room it is, str_...; the newest one that is live when absent.
    #[arg(long)]
    stream: Option<String>,
    #[command(flatten)]
    crowd: CrowdArgs,
    #[command(flatten)]
    time: TimeArgs,
    #[command(flatten)]
    data: Data,
}

#[derive(Args)]
struct PictureArgs {
    /// The stream's title.
    #[arg(long, default_value = TITLE)]
    title: String,
}

#[derive(Args)]
struct CrowdArgs {
    /// How many people chat.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=200))]
    users: u16,
    /// Messages that they write each second, all together.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=50))]
    rate: u16,
}

#[derive(Args)]
struct TimeArgs {
    /// End after so many minutes; without it ctrl-c does.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    minutes: Option<u16>,
}

impl From<&CrowdArgs> for Crowd {
    fn from(args: &CrowdArgs) -> Self {
        Self { users: args.users.into(), rate: args.rate.into() }
    }
}

pub(super) fn run(args: &DemoArgs) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match &args.what {
            None => both(args).await,
            Some(What::Live(args)) => live(args).await,
            Some(What::Chat(args)) => {
                let front = endpoint(&args.data, "front")?;
                let mut over = ending::ending(args.time.minutes)?;
                chat::run(&front, args.stream.as_deref(), (&args.crowd).into(), &mut over).await
            }
            Some(What::Disconnect(data)) => {
                let (front, tools) = (endpoint(data, "front")?, tools()?);
                let mut over = ending::ending(None)?;
                disconnect::run(&front, &tools, &mut over).await
            }
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn live(args: &LiveArgs) -> anyhow::Result<()> {
    let (front, tools) = (endpoint(&args.data, "front")?, tools()?);
    let mut over = ending::ending(args.time.minutes)?;
    let mut on_air = OnAir::begin(&front, &tools, &DEMO, &args.picture.title).await?;
    let kept = async {
        on_air.live(&mut over).await?;
        on_air.keep(&mut over).await
    };
    let kept = kept.await;
    on_air.end().await?;
    kept
}

async fn both(args: &DemoArgs) -> anyhow::Result<()> {
    let (front, tools) = (endpoint(&args.data, "front")?, tools()?);
    let mut over = ending::ending(args.time.minutes)?;
    let mut on_air = OnAir::begin(&front, &tools, &DEMO, &args.picture.title).await?;
    let stream = on_air.stream_id().to_owned();
    let (silence, mut silent) = watch::channel(false);
    let kept = async {
        on_air.live(&mut over).await?;
        let kept = async {
            let kept = on_air.keep(&mut over).await;
            silence.send_replace(true);
            kept
        };
        // A picture without words is worth something, too.
        let talked = async {
            if let Err(error) = chat::run(&front, Some(&stream), (&args.crowd).into(), &mut silent).await {
                complain(&format!("nobody chats: {error:#}"));
            }
        };
        let (kept, ()) = tokio::join!(kept, talked);
        kept
    };
    let kept = kept.await;
    on_air.end().await?;
    kept
}

fn tools() -> anyhow::Result<mediaconvert::Tools> {
    mediaconvert::find_tools(cage::own_binary()?).map_err(anyhow::Error::msg)
}
