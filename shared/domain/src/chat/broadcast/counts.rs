//! Counting the viewers of a room that somebody came to or left.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Broadcaster;
use super::outcome::Work;
use crate::chat::connection::Statistics;
use crate::chat::counting::{COUNT_EVERY, Plan, plan};
use crate::chat::frames::{ServerFrame, timestamp};
use crate::error::PortError;
use crate::ids::StreamId;
use crate::ports::CountDue;

/// How long a room is not noted again to have connections; the note itself lasts longer.
const BUSY_NOTE: SignedDuration = SignedDuration::from_mins(30);

/// What is known before a count.
#[derive(Debug, Clone, Copy)]
pub(super) struct Count {
    pub(super) known: Statistics,
    pub(super) plan: Plan,
}

impl Broadcaster {
    /// Whether nobody has done yet what a message to ourselves is for.
    pub(super) async fn is_still_due(&self, due: &CountDue) -> Result<bool, PortError> {
        let known = self.rooms.statistics(due.stream_id).await?;
        self.remember(due.stream_id, known);
        Ok(known.next_count_at.is_none_or(|next| next <= due.at))
    }

    /// Looks whether viewers may be counted now. While it is known that they may not, nothing is read.
    pub(super) async fn look_at_count(&self, id: StreamId, work: &mut Work) -> Count {
        let now = self.clock.now();
        let known = self.memory.room(id, now, |known| known.statistics);
        if let Some(known) = known
            && let plan @ Plan::At(_) = plan(&known, now)
        {
            return Count { known, plan };
        }
        match work.note(self.rooms.statistics(id).await) {
            Some(known) => {
                self.remember(id, known);
                Count { known, plan: plan(&known, now) }
            }
            None => Count { known: known.unwrap_or_default(), plan: Plan::At(now + COUNT_EVERY) },
        }
    }

    /// Notes how many there are if they may be counted now, and answers what everybody is told of it. Otherwise somebody
    /// will count later.
    pub(super) async fn note_count(
        &self,
        id: StreamId,
        count: Count,
        size: u32,
        work: &mut Work,
    ) -> Option<ServerFrame> {
        let now = self.clock.now();
        if let Plan::At(at) = count.plan {
            self.count_later(id, at, work).await;
            return None;
        }
        let next_count_at = now + COUNT_EVERY;
        if !work.note(self.rooms.note_count(id, &count.known, size, next_count_at).await).unwrap_or_default() {
            // Somebody else was faster, and may have counted before what we know of.
            self.memory.room(id, now, |known| known.statistics = None);
            self.count_later(id, next_count_at, work).await;
            return None;
        }
        let peak = count.known.peak.max(size);
        let noted = Statistics { viewer_count: size, peak, next_count_at: Some(next_count_at), ..count.known };
        self.remember(id, noted);
        if size > 0 {
            self.note_busy(id, now, work).await;
        }
        // Another process may have told another number last, and this one may have stopped before it told this one.
        let told = self.memory.room(id, now, |known| known.told_count.replace(size));
        let is_news = told != Some(size) || count.known.viewer_count != size;
        is_news.then(|| ServerFrame::ViewUpdate { stream_id: id, count: size, timestamp: timestamp(now) })
    }

    /// Sends a message to ourselves, one for each time.
    pub(super) async fn count_later(&self, id: StreamId, at: Timestamp, work: &mut Work) {
        let now = self.clock.now();
        if self.memory.room(id, now, |known| known.queued_for) >= Some(at) {
            return;
        }
        let delay = Duration::try_from(at.duration_since(now)).unwrap_or_default();
        let due = CountDue { stream_id: id, at };
        if work.note(self.late_counts.send(&due, delay).await).is_some() {
            self.memory.room(id, now, |known| known.queued_for = Some(at));
        }
    }

    fn remember(&self, id: StreamId, statistics: Statistics) {
        self.memory.room(id, self.clock.now(), |known| known.statistics = Some(statistics));
    }

    async fn note_busy(&self, id: StreamId, now: Timestamp, work: &mut Work) {
        let noted_at = self.memory.room(id, now, |known| known.noted_busy_at);
        if noted_at.is_none_or(|at| now.duration_since(at) >= BUSY_NOTE)
            && work.note(self.rooms.note_busy(id, now).await).is_some()
        {
            self.memory.room(id, now, |known| known.noted_busy_at = Some(now));
        }
    }
}
