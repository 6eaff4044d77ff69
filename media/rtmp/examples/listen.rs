//! Takes streams at `rtmp://127.0.0.1:1935/live/<anything>` (or the port given as argument) and logs what comes.
//! The name `refused` is refused.

use std::future::pending;

use skylark_rtmp::{Handler, Limits, Media, Publish, Refusal, serve};
use tokio::net::TcpListener;

#[derive(Default)]
struct Log {
    bytes: usize,
    frames: usize,
}

impl Handler for Log {
    async fn publish(&mut self, request: Publish) -> Result<(), Refusal> {
        tracing::info!(?request, "publish");
        match request.name.as_str() {
            "refused" => Err(Refusal::BadName("There is no such stream.".to_owned())),
            _ => Ok(()),
        }
    }

    fn media(&mut self, media: Media) -> Result<(), Refusal> {
        match media {
            Media::Video { dts_ms, composition_ms, keyframe, data } => {
                self.frames += 1;
                if keyframe {
                    tracing::info!(dts_ms, composition_ms, bytes = data.len(), "key frame");
                }
            }
            Media::Audio { .. } => self.frames += 1,
            other => tracing::info!(?other, "media"),
        }
        Ok(())
    }

    fn received(&mut self, bytes: usize) {
        self.bytes += bytes;
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    tracing_subscriber::fmt().init();
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok()).unwrap_or(1935);
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    loop {
        let (stream, address) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(async move {
            let mut log = Log::default();
            let end = serve(stream, &mut log, &Limits::default(), pending()).await;
            tracing::info!(%address, ?end, log.bytes, log.frames, "end");
        });
    }
}
