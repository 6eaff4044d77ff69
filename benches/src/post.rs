//! What one post to a connection costs: ours beside the SDK's, in instructions.

use std::process::Stdio;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::primitives::Blob;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_types::SdkConfig;
use aws_types::region::Region;
use bytes::Bytes;
use clap::{Args, ValueEnum};
use skylark_cloud::websocket::WebSocketApi;
use skylark_domain::ports::{Frame, Posted, SocketPush};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;

use crate::report::{machine, progress, say, table};

/// Posts that are not counted: start, first connection, first signature.
const BEFORE: u64 = 50;
/// P6 of the design.
const GOAL: (u64, f64) = (250_000, 0.5);
/// As long as a Lambda's.
const SESSION_TOKEN: usize = 900;

#[derive(Debug, Args)]
pub(crate) struct PostArgs {
    /// Posts that are counted.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(10..=100_000))]
    posts: u64,
    /// Bytes of a frame.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(2..=131_072))]
    bytes: u32,
}

#[derive(Debug, Args)]
pub(crate) struct ClientArgs {
    #[arg(long)]
    client: Kind,
    #[arg(long)]
    url: String,
    #[arg(long)]
    posts: u64,
    #[arg(long)]
    bytes: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Ours,
    Sdk,
}

/// Counts the instructions of children that do nothing but post.
pub(crate) async fn run(args: &PostArgs) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/ws", listener.local_addr()?);
    let stand_in = tokio::spawn(stand_in(listener));
    machine();
    let mut costs = Vec::new();
    for kind in [Kind::Ours, Kind::Sdk] {
        progress(&format!("{kind:?}"));
        let fewer = instructions(kind, &url, BEFORE, args.bytes).await?;
        let more = instructions(kind, &url, BEFORE + args.posts, args.bytes).await?;
        costs.push(more.saturating_sub(fewer) / args.posts);
    }
    stand_in.abort();
    let [ours, sdk] = costs[..] else { unreachable!("two clients") };
    say(&format!("One post of {} bytes on a kept connection, {} counted:\n", args.bytes, args.posts));
    let row = |name: &str, cost: u64| [name.to_owned(), cost.to_string(), format!("{:.2}", cost as f64 / sdk as f64)];
    let goal = ["goal".to_owned(), GOAL.0.to_string(), GOAL.1.to_string()];
    table(["client", "instructions", "of the SDK's"], &[row("ours", ours), row("SDK", sdk), goal]);
    Ok(())
}

async fn instructions(kind: Kind, url: &str, posts: u64, bytes: u32) -> Result<u64> {
    let client = kind.to_possible_value().context("a client has a name")?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args(["post-client", "--client", client.get_name(), "--url", url])
        .args(["--posts", &posts.to_string(), "--bytes", &bytes.to_string()])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .context("valgrind is needed: apt-get install valgrind")?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "the client failed:\n{told}");
    let collected = told.lines().find_map(|line| line.split_once("Collected :")).context("callgrind counts")?.1;
    Ok(collected.trim().parse()?)
}

/// What a child does.
pub(crate) async fn client(args: &ClientArgs) -> Result<()> {
    let credentials = Credentials::new("AKID", "secret", Some("t".repeat(SESSION_TOKEN)), None, "bench");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(&args.url)
        .build();
    let text = Bytes::from("x".repeat(args.bytes as usize));
    let id = |post: u64| format!("R0oXAdfD{post:06}A=");
    match args.client {
        Kind::Ours => {
            let (api, frame) = (Arc::new(WebSocketApi::new(&config, &args.url)?), Frame::new(text));
            for post in 0..args.posts {
                ensure!(api.post(&id(post), &frame).await? == Posted::Done, "a post is refused");
            }
        }
        Kind::Sdk => {
            let client = Client::new(&config);
            for post in 0..args.posts {
                let data = Blob::new(text.clone());
                client.post_to_connection().connection_id(id(post)).data(data).send().await?;
            }
        }
    }
    Ok(())
}

/// Takes whatever it is sent.
async fn stand_in(listener: TcpListener) {
    while let Ok((socket, _)) = listener.accept().await {
        tokio::spawn(answer(socket));
    }
}

/// Answers requests until the client goes or says what is not understood.
async fn answer(mut socket: TcpStream) -> Result<()> {
    socket.set_nodelay(true)?;
    let (read, mut write) = socket.split();
    let mut read = BufReader::new(read);
    loop {
        let (mut line, mut length) = (String::new(), 0);
        while read.read_line(&mut line).await? > 2 {
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse()?;
            }
            line.clear();
        }
        if line.is_empty() {
            return Ok(());
        }
        let mut body = vec![0; length];
        read.read_exact(&mut body).await?;
        write.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await?;
    }
}
