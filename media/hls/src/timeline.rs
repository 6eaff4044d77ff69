//! The window of one channel over all its ingest sessions, as players see it.

mod ask;
mod name;
mod window;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;

pub use self::ask::{Ask, Refused};
pub use self::name::Name;
pub(crate) use self::window::{Entry, Open, Window};
use crate::Settings;
use crate::output::Output;
use crate::playlist;

/// What a name of a playlist stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Pieces, to be sent one behind the other.
    Memory(Vec<Bytes>),
    /// So many bytes of a file, from this one on.
    File {
        /// Where it is.
        path: PathBuf,
        /// The first byte.
        from: u64,
        /// How many.
        bytes: u64,
    },
}

/// Where a timeline stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Latest {
    /// Media sequence number of the last complete segment.
    pub segment: Option<u64>,
    /// Parts of the segment that grows.
    pub parts: usize,
    /// Segments that can be asked for.
    pub segments: usize,
    /// How much of that stands in memory.
    pub memory_bytes: u64,
    /// How long the listed media plays, the growing segment included.
    pub duration: Duration,
    /// Whether playlists have ended.
    pub ended: bool,
}

/// The window of one channel over all its ingest sessions. Cheap to clone: the writer, viewers and the recorder share it.
#[derive(Clone)]
pub struct Timeline {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

struct State {
    window: Window,
    /// Playlists that were written since the last change, by (`dvr`, `skip`): viewers wake together and want the same.
    written: HashMap<(bool, bool), Arc<str>>,
}

impl Timeline {
    /// An empty timeline.
    pub fn new(settings: Settings) -> Self {
        let state = State { window: Window::new(settings), written: HashMap::new() };
        Self { shared: Arc::new(Shared { state: Mutex::new(state), changed: watch::Sender::new(()) }) }
    }

    /// A session begins. The same playlist continues with the next numbers, behind a discontinuity when anything was
    /// there before. What a session left open becomes a segment; an end is taken back.
    pub fn begin(&self) {
        self.change(true, Window::begin);
    }

    /// Takes what a segmenter made, in its order. Answers the media sequence number of a completed segment.
    pub fn apply(&self, output: &Output) -> Option<u64> {
        let is_segment = matches!(output, Output::Segment(_));
        self.change(is_segment, |window| window.apply(output))
    }

    /// The segment was written to `file`, which holds its parts one behind the other, `bytes` together. Once there is a
    /// newer one, segment and parts are served from there and leave memory. A segment that nobody stores is lost when it leaves the rolling window.
    pub fn stored(&self, msn: u64, file: PathBuf, bytes: u64) {
        self.change(true, |window| window.stored(msn, file, bytes));
    }

    /// Playlists end here (EXT-X-ENDLIST).
    pub fn end(&self) {
        self.change(true, Window::end);
    }

    /// The media playlist. With a media sequence number (and part) it waits until that is there (8216bis, section
    /// 6.2.5.2), at most three target durations.
    ///
    /// # Errors
    /// [`Refused`], which tells the status of the answer.
    pub async fn playlist(&self, ask: &Ask) -> Result<String, Refused> {
        let mut changes = self.shared.changed.subscribe();
        let patience = {
            let state = self.lock();
            ask.check(&state.window)?;
            state.window.patience()
        };
        let ready = async {
            loop {
                changes.borrow_and_update();
                {
                    let mut state = self.lock();
                    if ask.is_answered_by(&state.window) {
                        return state.write(ask);
                    }
                }
                // The sender lives as long as this timeline.
                if changes.changed().await.is_err() {
                    return Err(Refused::TimedOut);
                }
            }
        };
        tokio::time::timeout(patience, ready).await.unwrap_or(Err(Refused::TimedOut))
    }

    /// The multivariant playlist with its one variant, `media_playlist_uri` (escaped already, query included). `None`
    /// while there is no media.
    pub fn multivariant(&self, media_playlist_uri: &str) -> Option<String> {
        playlist::multivariant(&self.lock().window, media_playlist_uri)
    }

    /// What `name` stands for. A part that playlists hint at is waited for, at most three target durations.
    pub async fn body(&self, name: &Name) -> Option<Body> {
        let mut changes = self.shared.changed.subscribe();
        let patience = self.lock().window.patience();
        let ready = async {
            loop {
                changes.borrow_and_update();
                {
                    let state = self.lock();
                    let body = state.window.body(name);
                    if body.is_some() || !state.window.hints_at(name) {
                        return body;
                    }
                }
                changes.changed().await.ok()?;
            }
        };
        tokio::time::timeout(patience, ready).await.ok().flatten()
    }

    /// Where it stands.
    pub fn latest(&self) -> Latest {
        self.lock().window.latest()
    }

    fn change<T>(&self, has_new_segments: bool, change: impl FnOnce(&mut Window) -> T) -> T {
        let changed = {
            let mut state = self.lock();
            // Playlists without parts stay as they are while only parts come.
            state.written.retain(|&(dvr, _), _| dvr && !has_new_segments);
            change(&mut state.window)
        };
        self.shared.changed.send_replace(());
        changed
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn write(&mut self, ask: &Ask) -> Result<String, Refused> {
        let key = (ask.dvr, ask.skip);
        let is_plain = ask.uri_prefix.is_empty() && ask.uri_query.is_empty();
        if let Some(text) = self.written.get(&key).filter(|_| is_plain) {
            return Ok(text.as_ref().to_owned());
        }
        let text = playlist::media(&self.window, ask).ok_or(Refused::NotYet)?;
        if is_plain {
            self.written.insert(key, text.as_str().into());
        }
        Ok(text)
    }
}
