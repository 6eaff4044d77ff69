//! A process that posts frames to connections, as `chat-broadcast` does, so that its processor time is its own.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_types::SdkConfig;
use aws_types::region::Region;
use bytes::Bytes;
use clap::Args;
use futures_util::{StreamExt, TryStreamExt, stream};
use skylark_cloud::websocket::WebSocketApi;
use skylark_domain::ports::{Frame, Posted, SocketPush};

/// Posts at a time: what `chat-broadcast` allows itself.
const AT_ONCE: usize = 64;

#[derive(Debug, Args)]
pub(crate) struct PosterArgs {
    #[arg(long)]
    url: String,
    /// A file with a connection's id on each line.
    #[arg(long)]
    ids: PathBuf,
    #[arg(long)]
    frames: u32,
    #[arg(long)]
    bytes: u32,
}

pub(crate) async fn post(args: &PosterArgs) -> Result<()> {
    let secret = std::env::var("AWS_SECRET_ACCESS_KEY")?;
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("local", secret, None, None, "bench")))
        .endpoint_url(&args.url)
        .build();
    let api = &WebSocketApi::new(&config, &args.url)?;
    let ids = std::fs::read_to_string(&args.ids)?;
    for _ in 0..args.frames {
        let frame = &Frame::new(Bytes::from("x".repeat(args.bytes as usize)));
        let post = |id: &'_ str| {
            let id = id.to_owned();
            async move {
                let posted = api.post(&id, frame).await?;
                ensure!(posted == Posted::Done, "{id}: {posted:?}");
                Ok(())
            }
        };
        stream::iter(ids.lines()).map(post).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
    }
    Ok(())
}
