//! Segments from the oldest that can be asked for to the one that grows.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{Body, Latest, Name};
use crate::Settings;
use crate::output::{Init, Output, Part};

/// What hostile encoders can make of a window: two hours of shortest regular segments are half of it.
const MAX_SEGMENTS: usize = 10_000;

/// A complete segment.
pub(crate) struct Entry {
    pub(crate) msn: u64,
    pub(crate) duration: Duration,
    pub(crate) started_at_ms: i64,
    pub(crate) discontinuity: bool,
    /// How many discontinuities there were up to here, its own included.
    discontinuities: u64,
    pub(crate) init: u64,
    pub(crate) bytes: u64,
    place: Place,
}

/// Where a segment's bytes are.
enum Place {
    Memory {
        parts: Vec<Arc<Part>>,
        file: Option<(PathBuf, u64)>,
    },
    /// Its parts stand here without their data as long as they are listed.
    File {
        file: (PathBuf, u64),
        parts: Vec<Arc<Part>>,
        /// Where in the file each part ends.
        ends: Vec<u64>,
    },
    Lost,
}

impl Place {
    /// Lets go of the data of parts that stand in `file`.
    fn file(file: (PathBuf, u64), parts: &[Arc<Part>]) -> Self {
        let end = |end: &mut u64, part: &Arc<Part>| {
            *end += part.data.len() as u64;
            Some(*end)
        };
        let without_data = |part: &Arc<Part>| Arc::new(part.without_data());
        Self::File { file, ends: parts.iter().scan(0, end).collect(), parts: parts.iter().map(without_data).collect() }
    }
}

impl Entry {
    /// Its parts, while they can be asked for. Those that are on disk have no data.
    pub(crate) fn parts(&self) -> &[Arc<Part>] {
        match &self.place {
            Place::Memory { parts, .. } | Place::File { parts, .. } => parts,
            Place::Lost => &[],
        }
    }

    /// What can be sent of its part `number`.
    fn part(&self, number: usize) -> Option<Body> {
        match &self.place {
            Place::Memory { parts, .. } => Some(Body::Memory(vec![parts.get(number)?.data.clone()])),
            Place::File { file: (path, _), ends, .. } => {
                let from = number.checked_sub(1).map_or(Some(0), |before| ends.get(before).copied())?;
                Some(Body::File { path: path.clone(), from, bytes: ends.get(number)? - from })
            }
            Place::Lost => None,
        }
    }

    pub(crate) fn is_lost(&self) -> bool {
        matches!(self.place, Place::Lost)
    }

    /// EXT-X-DISCONTINUITY-SEQUENCE of a playlist that begins here: its own tag is listed.
    pub(crate) fn discontinuity_sequence(&self) -> u64 {
        self.discontinuities - u64::from(self.discontinuity)
    }
}

/// The segment that grows.
pub(crate) struct Open {
    pub(crate) parts: Vec<Arc<Part>>,
    pub(crate) discontinuity: bool,
    pub(crate) init: u64,
}

impl Open {
    pub(crate) fn duration(&self) -> Duration {
        self.parts.iter().map(|part| part.duration).sum()
    }
}

/// State of a timeline, without its lock.
pub(crate) struct Window {
    settings: Settings,
    entries: VecDeque<Entry>,
    /// The sum of their durations.
    duration: Duration,
    open: Option<Open>,
    inits: BTreeMap<u64, Arc<Init>>,
    next_msn: u64,
    discontinuities: u64,
    /// Whether a session began and the next segment is its first.
    is_new_session: bool,
    target: u64,
    ended: bool,
    /// First of the rolling playlist. It never goes back, even when a longer target would list more.
    rolling_from: u64,
    /// No segment before it is in memory.
    memory_from: u64,
}

impl Window {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            entries: VecDeque::new(),
            duration: Duration::ZERO,
            open: None,
            inits: BTreeMap::new(),
            next_msn: 0,
            discontinuities: 0,
            is_new_session: false,
            target: rounded_seconds(Duration::from_millis(settings.segment_ms.into())),
            ended: false,
            rolling_from: 0,
            memory_from: 0,
        }
    }

    pub(super) fn begin(&mut self) {
        self.close();
        self.is_new_session = true;
        self.ended = false;
    }

    pub(super) fn end(&mut self) {
        self.close();
        self.ended = true;
    }

    pub(super) fn apply(&mut self, output: &Output) -> Option<u64> {
        match output {
            Output::Init(init) => {
                if self.inits.values().next_back().is_none_or(|last| last.data != init.data) {
                    let number = self.inits.keys().next_back().map_or(0, |last| last + 1);
                    self.inits.insert(number, init.clone());
                }
                None
            }
            Output::Part(part) => {
                self.append(part.clone());
                None
            }
            Output::Segment(segment) => Some(self.complete(&segment.parts, segment.discontinuity)),
        }
    }

    fn append(&mut self, part: Arc<Part>) {
        let init = self.last_init();
        let is_break = self.is_new_session && self.next_msn > 0;
        let open = self.open.get_or_insert_with(|| Open {
            parts: Vec::new(),
            discontinuity: part.discontinuity && self.next_msn > 0 || is_break,
            init,
        });
        self.is_new_session = false;
        open.parts.push(part);
        self.target = self.target.max(rounded_seconds(open.duration()));
    }

    fn complete(&mut self, parts: &[Arc<Part>], discontinuity: bool) -> u64 {
        let msn = self.next_msn;
        let (discontinuity, init) = match self.open.take() {
            Some(open) => (open.discontinuity, open.init),
            None => ((discontinuity || self.is_new_session) && msn > 0, self.last_init()),
        };
        let duration = parts.iter().map(|part| part.duration).sum();
        self.is_new_session = false;
        self.discontinuities += u64::from(discontinuity);
        self.target = self.target.max(rounded_seconds(duration));
        self.duration += duration;
        self.next_msn += 1;
        self.entries.push_back(Entry {
            msn,
            duration,
            started_at_ms: parts.first().map_or(0, |part| part.started_at_ms),
            discontinuity,
            discontinuities: self.discontinuities,
            init,
            bytes: parts.iter().map(|part| part.data.len() as u64).sum(),
            place: Place::Memory { parts: parts.to_vec(), file: None },
        });
        self.release();
        self.forget();
        msn
    }

    /// Makes a segment of what a session left open.
    fn close(&mut self) {
        if let Some(parts) = self.open.as_mut().map(|open| std::mem::take(&mut open.parts)) {
            self.complete(&parts, false);
        }
    }

    fn last_init(&self) -> u64 {
        self.inits.keys().next_back().copied().unwrap_or_default()
    }

    pub(super) fn stored(&mut self, msn: u64, path: PathBuf, bytes: u64) {
        let Some(entry) = self.index(msn).and_then(|index| self.entries.get_mut(index)) else { return };
        match &mut entry.place {
            Place::Memory { file, .. } => *file = Some((path, bytes)),
            place => *place = Place::file((path, bytes), &[]),
        }
        self.release();
    }

    /// Lets go of what is on disk, or too old.
    fn release(&mut self) {
        let (listed, window) = (Duration::from_secs(3 * self.target), self.rolling());
        let (mut memory_from, mut rolling_from) = (self.next_msn, self.next_msn);
        let mut age = Duration::ZERO;
        for entry in self.entries.iter_mut().rev() {
            if entry.msn < self.memory_from && age >= window {
                break;
            }
            if age < window {
                rolling_from = entry.msn;
            }
            match &mut entry.place {
                Place::Memory { file, parts } => {
                    // Viewers who wait for the last part want it now, all together: it stays while it is the newest.
                    if let Some(file) = file.take_if(|_| !age.is_zero()) {
                        entry.place = Place::file(file, parts);
                    } else if age >= window {
                        entry.place = Place::Lost;
                    } else {
                        memory_from = entry.msn;
                    }
                }
                Place::File { parts, ends, .. } if age > listed => (*parts, *ends) = Default::default(),
                Place::File { .. } | Place::Lost => {}
            }
            age += entry.duration;
        }
        self.memory_from = memory_from;
        self.rolling_from = self.rolling_from.max(rolling_from);
    }

    /// Forgets segments that no playlist lists any more. Files stay for those who still hold an older playlist.
    fn forget(&mut self) {
        let kept = Duration::from_millis(self.settings.dvr_window_ms).max(2 * self.rolling());
        while let Some(front) = self.entries.front() {
            let is_listed = front.msn >= self.rolling_from;
            let is_old = self.duration - front.duration >= kept || front.is_lost();
            if self.entries.len() <= MAX_SEGMENTS && (is_listed || !is_old) {
                break;
            }
            self.duration -= front.duration;
            self.entries.pop_front();
        }
        let oldest = self.entries.front().map(|entry| entry.init).or(self.open.as_ref().map(|open| open.init));
        if let Some(oldest) = oldest {
            self.inits = self.inits.split_off(&oldest);
        }
    }

    fn index(&self, msn: u64) -> Option<usize> {
        usize::try_from(msn.checked_sub(self.entries.front()?.msn)?).ok()
    }

    fn entry(&self, msn: u64) -> Option<&Entry> {
        self.entries.get(self.index(msn)?)
    }

    /// How far back the rolling playlist reaches.
    fn rolling(&self) -> Duration {
        Duration::from_millis(self.settings.window_ms).max(Duration::from_secs(4 * self.target))
    }

    pub(super) fn body(&self, name: &Name) -> Option<Body> {
        match name {
            Name::Init(number) => self.inits.get(number).map(|init| Body::Memory(vec![init.data.clone()])),
            Name::Segment(msn) => match &self.entry(*msn)?.place {
                Place::Memory { parts, .. } => Some(Body::Memory(parts.iter().map(|part| part.data.clone()).collect())),
                Place::File { file: (path, bytes), .. } => {
                    Some(Body::File { path: path.clone(), from: 0, bytes: *bytes })
                }
                Place::Lost => None,
            },
            Name::Part(msn, part) => {
                let number = usize::try_from(*part).ok()?;
                match &self.open {
                    Some(open) if *msn == self.next_msn => {
                        Some(Body::Memory(vec![open.parts.get(number)?.data.clone()]))
                    }
                    _ => self.entry(*msn)?.part(number),
                }
            }
        }
    }

    /// The part that comes next, while one may come.
    pub(crate) fn hint(&self) -> Option<Name> {
        let hints = self.settings.low_latency && !self.ended && !self.is_empty();
        hints.then(|| Name::Part(self.next_msn, self.open_parts()))
    }

    pub(super) fn hints_at(&self, name: &Name) -> bool {
        self.hint().as_ref() == Some(name)
    }

    /// How long anything is waited for (8216bis, section 6.2.5.2).
    pub(super) fn patience(&self) -> Duration {
        Duration::from_secs(3 * self.target)
    }

    /// Parts that a player may ask for ahead: those of three seconds, or three longer ones.
    pub(super) fn advance_part_limit(&self) -> u64 {
        3_000_u64.div_ceil(self.part_target_ms().clamp(1, 1_000))
    }

    pub(super) fn open_parts(&self) -> u64 {
        self.open.as_ref().map_or(0, |open| open.parts.len() as u64)
    }

    pub(super) fn parts_of(&self, msn: u64) -> u64 {
        self.entry(msn).map_or(0, |entry| entry.parts().len() as u64)
    }

    pub(super) fn latest(&self) -> Latest {
        let in_memory = self.entries.iter().rev().take_while(|entry| entry.msn >= self.memory_from);
        let complete: u64 = in_memory.flat_map(Entry::parts).map(|part| part.data.len() as u64).sum();
        let open = self.open.iter().flat_map(|open| &open.parts).map(|part| part.data.len() as u64).sum::<u64>();
        Latest {
            segment: self.next_msn.checked_sub(1),
            parts: self.open.as_ref().map_or(0, |open| open.parts.len()),
            segments: self.entries.len(),
            memory_bytes: complete + open,
            duration: self.duration + self.open.as_ref().map_or(Duration::ZERO, Open::duration),
            ended: self.ended,
        }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// EXT-X-TARGETDURATION, in seconds. It never shrinks.
    pub(crate) fn target(&self) -> u64 {
        self.target
    }

    /// PART-TARGET of what is listed with parts, in milliseconds.
    pub(crate) fn part_target_ms(&self) -> u64 {
        let open = self.open.iter().flat_map(|open| &open.parts);
        let parts = self.with_parts().flat_map(Entry::parts).chain(open);
        parts.map(|part| u64::from(part.target_ms)).max().unwrap_or(0).max(self.settings.part_ms.into())
    }

    /// Complete segments whose parts are listed, newest first: those that began within the last three target durations.
    pub(crate) fn with_parts(&self) -> impl Iterator<Item = &Entry> {
        let listed = Duration::from_secs(3 * self.target);
        let mut age = self.open.as_ref().map_or(Duration::ZERO, Open::duration);
        self.entries.iter().rev().take_while(move |entry| {
            age += entry.duration;
            age <= listed
        })
    }

    /// The complete segments of a playlist: of the rolling one, or all that may be gone back to.
    pub(crate) fn listed(&self, dvr: bool) -> impl DoubleEndedIterator<Item = &Entry> {
        let mut first = self.index(self.rolling_from).unwrap_or_default();
        if dvr && self.settings.dvr_window_ms > 0 {
            let reach = Duration::from_millis(self.settings.dvr_window_ms);
            let mut age = self.duration;
            let is_out = |entry: &&Entry| {
                age = age.saturating_sub(entry.duration);
                age >= reach || entry.is_lost()
            };
            first = first.min(self.entries.iter().take_while(is_out).count());
        }
        self.entries.range(first.min(self.entries.len())..)
    }

    pub(crate) fn open(&self) -> Option<&Open> {
        self.open.as_ref()
    }

    pub(crate) fn init(&self) -> Option<&Init> {
        self.inits.values().next_back().map(Arc::as_ref)
    }

    pub(crate) fn next_msn(&self) -> u64 {
        self.next_msn
    }

    pub(crate) fn discontinuities(&self) -> u64 {
        self.discontinuities
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.open.is_none()
    }
}

/// As EXTINF is held against EXT-X-TARGETDURATION (8216bis, section 4.4.3.1); at least 1.
fn rounded_seconds(duration: Duration) -> u64 {
    (duration + Duration::from_millis(500)).as_secs().max(1)
}
