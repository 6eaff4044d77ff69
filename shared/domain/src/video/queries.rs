//! Reading videos.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Current, Status, Videos, Visibility};
use crate::error::{Error, Result};
use crate::ids::{UserId, VideoId};

/// Months are looked through from the newest to this one, in which no video is older.
const FIRST_MONTH: Date = jiff::civil::date(2026, 1, 1);
/// Months that one page looks through; a quiet year takes a page of its own.
const MONTHS_OF_A_PAGE: usize = 12;

/// What a list shows of a PUBLIC video.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Card {
    /// Identifier.
    pub id: VideoId,
    /// The owner.
    pub user_id: UserId,
    /// The owner's name, where it was written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Title.
    pub title: String,
    /// Artist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artist: Option<String>,
    /// Who finds it.
    pub visibility: Visibility,
    /// Where it is in its life.
    pub status: Status,
    /// Milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Key of the poster in the media bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnail: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Where a page of the feed ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Position {
    /// `2026-11`.
    pub month: String,
    /// Creation time and id of the last video that was shown of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// A page of the feed.
#[derive(Debug, Clone, PartialEq)]
pub struct Feed {
    /// Newest first.
    pub items: Vec<Card>,
    /// Where the next page begins.
    pub next: Option<Position>,
}

/// A page of somebody's videos.
#[derive(Debug, Clone, PartialEq)]
pub struct Shelf {
    /// Newest first.
    pub items: Vec<Current>,
    /// The last video that was looked at, when there may be more.
    pub next: Option<VideoId>,
}

impl Card {
    /// Where a video stands among the videos of its month.
    pub fn position(&self) -> String {
        position(self.created_at, self.id)
    }
}

/// Creation time and id: sorts by time.
pub fn position(created_at: Timestamp, id: VideoId) -> String {
    format!("{created_at:.3}#{id}")
}

/// The month of a time: `2026-11`.
pub fn month(at: Timestamp) -> String {
    at.strftime("%Y-%m").to_string()
}

impl Videos {
    /// A READY video for everybody, in any other state for its owner.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn video(&self, caller: Option<UserId>, id: VideoId) -> Result<Current> {
        let found = self.catalog.video(id).await?;
        found.filter(|current| current.video.is_shown_to(caller)).ok_or(Error::NotFound { what: "video" })
    }

    /// PUBLIC videos that are READY, newest first.
    pub async fn feed(&self, from: Option<Position>, limit: usize) -> Result<Feed> {
        let mut position = from.unwrap_or_else(|| Position { month: month(self.clock.now()), after: None });
        let mut items = Vec::new();
        for _ in 0..MONTHS_OF_A_PAGE {
            let wanted = limit - items.len();
            let found = self.catalog.ready_in(&position.month, position.after.as_deref(), wanted).await?;
            let is_full = found.len() == wanted;
            items.extend(found);
            if is_full {
                position.after = items.last().map(Card::position);
                return Ok(Feed { items, next: Some(position) });
            }
            match month_before(&position.month) {
                Some(month) => position = Position { month, after: None },
                None => return Ok(Feed { items, next: None }),
            }
        }
        Ok(Feed { items, next: Some(position) })
    }

    /// Somebody's videos: their own in any state, others' when they are PUBLIC and READY.
    pub async fn shelf(
        &self,
        caller: Option<UserId>,
        owner: UserId,
        status: Option<Status>,
        before: Option<VideoId>,
        limit: usize,
    ) -> Result<Shelf> {
        let is_shown = |current: &Current| {
            let Current { video, .. } = current;
            let is_public = video.visibility == Visibility::Public && video.status == Status::Ready;
            (caller == Some(owner) || is_public) && status.is_none_or(|status| status == video.status)
        };
        let mut before = before;
        let mut items = Vec::new();
        loop {
            let page = self.catalog.videos_of(owner, before, limit).await?;
            let is_last = page.len() < limit;
            for current in page {
                before = Some(current.video.id);
                if is_shown(&current) {
                    items.push(current);
                }
                if items.len() == limit {
                    return Ok(Shelf { items, next: before });
                }
            }
            if is_last {
                return Ok(Shelf { items, next: None });
            }
        }
    }
}

fn month_before(month: &str) -> Option<String> {
    let first: Date = format!("{month}-01").parse().ok()?;
    let before = first.yesterday().ok()?;
    (before >= FIRST_MONTH).then(|| before.strftime("%Y-%m").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_looked_through_backwards_to_the_first() {
        assert_eq!(month_before("2027-01").as_deref(), Some("2026-12"));
        assert_eq!(month_before("2026-02").as_deref(), Some("2026-01"));
        assert_eq!(month_before("2026-01"), None);
        assert_eq!(month_before("nonsense"), None);
    }

    #[test]
    fn positions_sort_by_time() {
        let id = crate::ids::new_id("2026-01-01T00:00:00Z".parse().unwrap());
        let at = |text: &str| position(text.parse().unwrap(), id);
        assert!(at("2026-01-01T00:00:00Z") < at("2026-01-01T00:00:00.5Z"));
        assert!(at("2026-01-01T00:00:00.5Z") < at("2026-01-01T00:00:01Z"));
    }
}
