//! The servers under load: a `skylark up` of its own, and nginx with its RTMP module beside it.

mod nginx;
mod skylark;

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

pub(crate) use self::nginx::Nginx;
pub(crate) use self::skylark::{Skylark, Streamer, start};
use crate::encoder::Address;

/// Which binaries are measured.
#[derive(Debug, Clone, Args)]
pub(crate) struct Binaries {
    /// The skylark to measure; the one beside this program when absent.
    #[arg(long, global = true)]
    pub(crate) skylark: Option<PathBuf>,
    /// Where the functions' binaries are; beside skylark when absent.
    #[arg(long, global = true)]
    pub(crate) bin_dir: Option<PathBuf>,
    /// Do not run nginx beside it.
    #[arg(long, global = true)]
    pub(crate) alone: bool,
}

/// Where one publisher sends to, and where its stream is watched.
#[derive(Debug, Clone)]
pub(crate) struct Channel {
    pub(crate) address: Address,
    /// A multivariant or a media playlist.
    pub(crate) playlist: String,
}

/// A running server.
pub(crate) enum Server {
    Skylark(Skylark),
    Nginx(Nginx),
}

/// What is to be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Skylark,
    Nginx,
}

impl Kind {
    /// The servers of a run, the first first.
    pub(crate) fn of(binaries: &Binaries) -> Result<Vec<Self>> {
        if !binaries.alone {
            nginx::find()?;
        }
        Ok(if binaries.alone { vec![Self::Skylark] } else { vec![Self::Skylark, Self::Nginx] })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Skylark => "skylark",
            Self::Nginx => "nginx-rtmp",
        }
    }

    /// Starts one that may hold `streams` streams.
    pub(crate) fn start(self, binaries: &Binaries, streams: usize) -> Result<Server> {
        Ok(match self {
            Self::Skylark => Server::Skylark(Skylark::start(binaries, streams)?),
            Self::Nginx => Server::Nginx(Nginx::start()?),
        })
    }
}

impl Server {
    /// Its main process.
    pub(crate) fn pid(&self) -> u32 {
        match self {
            Self::Skylark(skylark) => skylark.pid(),
            Self::Nginx(nginx) => nginx.pid(),
        }
    }

    /// Whether its children do the work that is measured: nginx's worker does, the functions have a column of their own.
    pub(crate) fn works_in_children(&self) -> bool {
        matches!(self, Self::Nginx(_))
    }

    /// Channels as users make them, recorded where the server records.
    pub(crate) async fn users(&self, count: usize) -> Result<Vec<Channel>> {
        match self {
            Self::Skylark(skylark) => skylark.users(count).await,
            Self::Nginx(nginx) => Ok(nginx.channels(count)),
        }
    }

    /// Channels that belong to nobody and are not recorded.
    pub(crate) async fn channels(&self, count: usize) -> Result<Vec<Channel>> {
        match self {
            Self::Skylark(skylark) => skylark.channels(count).await,
            Self::Nginx(nginx) => Ok(nginx.channels(count)),
        }
    }
}
