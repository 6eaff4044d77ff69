use thiserror::Error;

use super::window::Window;

/// What a player asks of a media playlist (8216bis, section 6.2.5), and how its URIs are to look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ask {
    /// `_HLS_msn`: wait for this segment.
    pub msn: Option<u64>,
    /// `_HLS_part`: wait for this part of it only.
    pub part: Option<u64>,
    /// `_HLS_skip`: leave out what an earlier playlist said.
    pub skip: bool,
    /// List the whole window for going back in time, without parts.
    pub dvr: bool,
    /// Stands before every name.
    pub uri_prefix: String,
    /// Stands behind every name and a `?`, such as `token=abc`. What cannot stand in a URI is escaped.
    pub uri_query: String,
}

/// Why there is no playlist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refused {
    /// A part was asked for without its segment.
    #[error("a part needs a media sequence number")]
    PartWithoutSegment,
    /// What was asked for is further away than waiting allows.
    #[error("that is too far ahead")]
    TooFar,
    /// There is no media yet.
    #[error("there is nothing yet")]
    NotYet,
    /// What was waited for did not come.
    #[error("it did not come in time")]
    TimedOut,
}

impl Refused {
    /// The HTTP status that 8216bis, section 6.2.5.2, wants.
    pub fn status(self) -> u16 {
        match self {
            Self::PartWithoutSegment | Self::TooFar => 400,
            Self::NotYet => 404,
            Self::TimedOut => 503,
        }
    }
}

impl Ask {
    /// Refuses what waiting cannot answer.
    pub(super) fn check(&self, window: &Window) -> Result<(), Refused> {
        let Some(msn) = self.msn else {
            return if self.part.is_some() { Err(Refused::PartWithoutSegment) } else { Ok(()) };
        };
        if window.is_empty() {
            return Err(Refused::NotYet);
        }
        if !self.waits(window) {
            return Ok(());
        }
        let next = window.next_msn();
        let is_too_far = if msn == next {
            self.part().is_some_and(|part| part >= window.open_parts() + window.advance_part_limit())
        } else {
            msn > next + 1 || msn == next + 1 && self.part().is_some_and(|part| part >= window.advance_part_limit())
        };
        if is_too_far { Err(Refused::TooFar) } else { Ok(()) }
    }

    pub(super) fn is_answered_by(&self, window: &Window) -> bool {
        let Some(msn) = self.msn.filter(|_| self.waits(window)) else { return true };
        let next = window.next_msn();
        match self.part() {
            None => msn < next,
            Some(part) if msn == next => part < window.open_parts(),
            // A part behind the last one of its segment is the first one of the next.
            Some(part) if msn + 1 == next => part < window.parts_of(msn) || window.open_parts() > 0,
            Some(_) => msn < next,
        }
    }

    /// Parts are a matter of the low-latency playlist.
    fn part(&self) -> Option<u64> {
        self.part.filter(|_| !self.dvr)
    }

    /// Nothing comes any more after an end, and plain playlists do not offer waiting.
    fn waits(&self, window: &Window) -> bool {
        window.settings().low_latency && !window.has_ended()
    }
}
