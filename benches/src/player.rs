//! What a player would see: the first media of a stream, and whether it goes on without a gap.

use std::time::Duration;

use anyhow::{Context, Result};
use tokio::time::{Instant, sleep, timeout};

/// How long a first segment may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// When a stream could be watched, counted from its publish.
#[derive(Debug, Clone, Copy)]
pub(crate) struct First {
    /// The first part, or the first segment where there are no parts.
    pub(crate) media: Duration,
    /// The first complete segment.
    pub(crate) segment: Duration,
}

/// Waits for the first media behind `playlist`, from one look to the next for `pace`.
pub(crate) async fn first(playlist: &str, pace: Duration, since: Instant) -> Result<First> {
    let client = reqwest::Client::new();
    let seen = async {
        let mut playlist = playlist.to_owned();
        let mut media = None;
        loop {
            let text = get(&client, &playlist).await?.unwrap_or_default();
            if let Some(variant) = variant(&playlist, &text)? {
                playlist = variant;
                continue;
            }
            if media.is_none() && (text.contains("#EXT-X-PART:") || text.contains("#EXTINF:")) {
                media = Some(since.elapsed());
            }
            if text.contains("#EXTINF:") {
                let segment = since.elapsed();
                return Ok(First { media: media.unwrap_or(segment), segment });
            }
            sleep(pace).await;
        }
    };
    timeout(PATIENCE, seen).await.with_context(|| format!("no media at {playlist}"))?
}

/// The text at `url`; none while there is nothing.
async fn get(client: &reqwest::Client, url: &str) -> Result<Option<String>> {
    let answer = client.get(url).send().await?;
    if answer.status() == reqwest::StatusCode::NOT_FOUND {
        return Ok(None);
    }
    Ok(Some(answer.error_for_status()?.text().await?))
}

/// The address of the first variant that a multivariant playlist names.
fn variant(playlist: &str, text: &str) -> Result<Option<String>> {
    if !text.contains("#EXT-X-STREAM-INF") {
        return Ok(None);
    }
    let uri = text.lines().find(|line| !line.starts_with('#') && !line.is_empty()).context("a variant without URI")?;
    Ok(Some(reqwest::Url::parse(playlist)?.join(uri)?.to_string()))
}

/// Follows a stream's media playlist.
pub(crate) struct Follower {
    client: reqwest::Client,
    playlist: String,
    next: Option<u64>,
    grown_at: Instant,
    /// Segments seen.
    pub(crate) segments: u64,
    /// Segments that are missing or marked as gaps, and discontinuities.
    pub(crate) gaps: u64,
    /// The longest time without a new segment.
    pub(crate) pause: Duration,
}

impl Follower {
    /// Of a stream that can be watched already.
    pub(crate) async fn new(playlist: &str) -> Result<Self> {
        let client = reqwest::Client::new();
        let text = get(&client, playlist).await?.context("the stream is not live")?;
        let playlist = variant(playlist, &text)?.unwrap_or_else(|| playlist.to_owned());
        let grown_at = Instant::now();
        Ok(Self { client, playlist, next: None, grown_at, segments: 0, gaps: 0, pause: Duration::ZERO })
    }

    /// Looks once.
    pub(crate) async fn look(&mut self) -> Result<()> {
        let text = get(&self.client, &self.playlist).await?.context("the stream is gone")?;
        self.take(&text)
    }

    fn take(&mut self, text: &str) -> Result<()> {
        let first = text.lines().find_map(|line| line.strip_prefix("#EXT-X-MEDIA-SEQUENCE:"));
        let first: u64 = first.context("no media sequence")?.parse()?;
        let mut number = first;
        let mut flaws = 0;
        let known = self.next.unwrap_or(first);
        self.gaps += first.saturating_sub(known);
        for line in text.lines() {
            if line == "#EXT-X-GAP" || line == "#EXT-X-DISCONTINUITY" {
                flaws += 1;
            } else if line.starts_with("#EXTINF:") {
                if number >= known {
                    self.segments += 1;
                    self.gaps += flaws;
                }
                flaws = 0;
                number += 1;
            }
        }
        if number > known {
            self.pause = self.pause.max(self.grown_at.elapsed());
            self.grown_at = Instant::now();
        }
        self.next = Some(number);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn playlist(first: u64, lines: &[&str]) -> String {
        format!("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:{first}\n{}", lines.join("\n"))
    }

    #[tokio::test]
    async fn gaps_marked_and_unmarked_are_counted_once() {
        let mut follower = Follower {
            client: reqwest::Client::new(),
            playlist: String::new(),
            next: None,
            grown_at: Instant::now(),
            segments: 0,
            gaps: 0,
            pause: Duration::ZERO,
        };
        let segment = "#EXTINF:2.000,";
        follower.take(&playlist(5, &[segment, segment])).unwrap();
        follower.take(&playlist(6, &[segment, "#EXT-X-DISCONTINUITY", segment])).unwrap();
        follower.take(&playlist(6, &[segment, "#EXT-X-DISCONTINUITY", segment])).unwrap();
        assert_eq!((follower.segments, follower.gaps), (3, 1));
        follower.take(&playlist(10, &[segment])).unwrap();
        assert_eq!((follower.segments, follower.gaps), (4, 3));
        assert!(follower.take("").is_err());
    }
}
