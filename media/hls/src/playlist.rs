//! The text of playlists (8216bis, section 4).

use std::borrow::Cow;
use std::fmt::{self, Display, Write};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::output::Part;
use crate::timeline::{Ask, Entry, Name, Open, Window};

/// Version 9 knows EXT-X-SKIP, version 8 EXT-X-GAP (8216bis, section 8).
const LOW_LATENCY_VERSION: u8 = 9;
const PLAIN_VERSION: u8 = 8;

/// The media playlist, or `None` while there is no media.
pub(crate) fn media(window: &Window, ask: &Ask) -> Option<String> {
    let low_latency = window.settings().low_latency;
    let open = window.open().filter(|_| low_latency && !ask.dvr);
    let first = window.listed(ask.dvr).next();
    if first.is_none() && open.is_none() {
        return None;
    }
    let mut writer = Writer { text: String::with_capacity(4_096), uris: Uris::new(ask), init: None };
    // Writing to a String cannot fail.
    let _ = writer.head(window, ask, first);
    let skipped = if ask.skip && low_latency { skippable(window, ask.dvr, open) } else { 0 };
    if skipped > 0 {
        let _ = writeln!(writer.text, "#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}");
    }
    // The player knows the initialisation of what is left out.
    writer.init = skipped.checked_sub(1).and_then(|last| window.listed(ask.dvr).nth(last)).map(|entry| entry.init);
    let parts_from = window.with_parts().last().map_or(window.next_msn(), |entry| entry.msn);
    for entry in window.listed(ask.dvr).skip(skipped) {
        let has_parts = low_latency && !ask.dvr && entry.msn >= parts_from;
        let _ = writer.segment(entry, has_parts);
    }
    if let Some(open) = open {
        let _ = writer.growing(open, window.next_msn());
    }
    if window.has_ended() {
        writer.text.push_str("#EXT-X-ENDLIST\n");
    } else if let Some(hint) = window.hint().filter(|_| !ask.dvr) {
        let uri = writer.uris.of(hint);
        let _ = writeln!(writer.text, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"{uri}\"");
    }
    Some(writer.text)
}

/// How many of the oldest segments a delta update leaves out: those that end before the skip boundary.
fn skippable(window: &Window, dvr: bool, open: Option<&Open>) -> usize {
    let boundary = Duration::from_secs(skip_boundary(window));
    let mut age = open.map_or(Duration::ZERO, Open::duration);
    let mut kept = 0;
    for entry in window.listed(dvr).rev() {
        if age >= boundary {
            break;
        }
        age += entry.duration;
        kept += 1;
    }
    window.listed(dvr).count() - kept
}

/// CAN-SKIP-UNTIL, in seconds.
fn skip_boundary(window: &Window) -> u64 {
    6 * window.target()
}

struct Writer<'a> {
    text: String,
    uris: Uris<'a>,
    /// The initialisation that holds so far.
    init: Option<u64>,
}

impl Writer<'_> {
    fn head(&mut self, window: &Window, ask: &Ask, first: Option<&Entry>) -> fmt::Result {
        let text = &mut self.text;
        let low_latency = window.settings().low_latency;
        let target = window.target();
        let version = if low_latency { LOW_LATENCY_VERSION } else { PLAIN_VERSION };
        writeln!(text, "#EXTM3U\n#EXT-X-VERSION:{version}\n#EXT-X-INDEPENDENT-SEGMENTS")?;
        writeln!(text, "#EXT-X-TARGETDURATION:{target}")?;
        text.push_str("#EXT-X-SERVER-CONTROL:");
        if low_latency {
            write!(text, "CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL={},", skip_boundary(window))?;
        }
        write!(text, "HOLD-BACK={}", 3 * target)?;
        if low_latency && !ask.dvr {
            let part = Duration::from_millis(window.part_target_ms());
            writeln!(text, ",PART-HOLD-BACK={}", Seconds(3 * part))?;
            writeln!(text, "#EXT-X-PART-INF:PART-TARGET={}", Seconds(part))?;
        } else {
            writeln!(text)?;
        }
        let msn = first.map_or(window.next_msn(), |entry| entry.msn);
        let discontinuities = first.map_or(window.discontinuities(), Entry::discontinuity_sequence);
        writeln!(text, "#EXT-X-MEDIA-SEQUENCE:{msn}")?;
        writeln!(text, "#EXT-X-DISCONTINUITY-SEQUENCE:{discontinuities}")
    }

    fn segment(&mut self, entry: &Entry, has_parts: bool) -> fmt::Result {
        self.begin(entry.discontinuity, entry.init, entry.started_at_ms)?;
        if has_parts {
            self.parts(entry.parts(), entry.msn)?;
        }
        if entry.is_lost() {
            self.text.push_str("#EXT-X-GAP\n");
        }
        let uri = self.uris.of(Name::Segment(entry.msn));
        writeln!(self.text, "#EXTINF:{},\n{uri}", Seconds(entry.duration))
    }

    fn growing(&mut self, open: &Open, msn: u64) -> fmt::Result {
        let Some(first) = open.parts.first() else { return Ok(()) };
        self.begin(open.discontinuity, open.init, first.started_at_ms)?;
        self.parts(&open.parts, msn)
    }

    /// What stands before a segment and its parts.
    fn begin(&mut self, discontinuity: bool, init: u64, started_at_ms: i64) -> fmt::Result {
        if discontinuity {
            self.text.push_str("#EXT-X-DISCONTINUITY\n");
        }
        if discontinuity || self.init != Some(init) {
            self.init = Some(init);
            let uri = self.uris.of(Name::Init(init));
            writeln!(self.text, "#EXT-X-MAP:URI=\"{uri}\"")?;
        }
        let started_at = Timestamp::from_millisecond(started_at_ms).unwrap_or_default();
        writeln!(self.text, "#EXT-X-PROGRAM-DATE-TIME:{started_at:.3}")
    }

    fn parts(&mut self, parts: &[Arc<Part>], msn: u64) -> fmt::Result {
        for (number, part) in (0..).zip(parts) {
            let uri = self.uris.of(Name::Part(msn, number));
            let independent = if part.independent { ",INDEPENDENT=YES" } else { "" };
            writeln!(self.text, "#EXT-X-PART:DURATION={},URI=\"{uri}\"{independent}", Seconds(part.duration))?;
        }
        Ok(())
    }
}

/// Seconds with three digits behind the point, rounded.
struct Seconds(Duration);

impl Display for Seconds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = (self.0 + Duration::from_micros(500)).as_millis();
        write!(formatter, "{}.{:03}", ms / 1_000, ms % 1_000)
    }
}

/// How URIs look.
struct Uris<'a> {
    prefix: Cow<'a, str>,
    query: Cow<'a, str>,
}

impl<'a> Uris<'a> {
    fn new(ask: &'a Ask) -> Self {
        Self { prefix: escape(&ask.uri_prefix), query: escape(&ask.uri_query) }
    }

    fn of(&self, name: Name) -> Uri<'_> {
        Uri { uris: self, name }
    }
}

struct Uri<'a> {
    uris: &'a Uris<'a>,
    name: Name,
}

impl Display for Uri<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Uris { prefix, query } = self.uris;
        let mark = if query.is_empty() { "" } else { "?" };
        write!(formatter, "{prefix}{}{mark}{query}", self.name)
    }
}

/// Escapes what RFC 3986 has no place for, and `#`. What is escaped already stays as it is.
fn escape(text: &str) -> Cow<'_, str> {
    /// Neither a quoted string nor a line of a playlist can be left with these.
    const FOREIGN: &AsciiSet = &CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'#')
        .add(b'<')
        .add(b'>')
        .add(b'\\')
        .add(b'^')
        .add(b'`')
        .add(b'{')
        .add(b'|')
        .add(b'}');
    utf8_percent_encode(text, FOREIGN).into()
}

/// The multivariant playlist with one variant at `uri`, or `None` while there is no media.
pub(crate) fn multivariant(window: &Window, uri: &str) -> Option<String> {
    let init = window.init().filter(|_| !window.is_empty())?;
    let (peak, average) = bandwidth(window);
    let mut text = String::from("#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n");
    // Writing to a String cannot fail.
    let _ = write!(text, "#EXT-X-STREAM-INF:BANDWIDTH={peak},AVERAGE-BANDWIDTH={average},CODECS=\"{}\"", init.codecs);
    if let Some(video) = &init.video {
        let _ = write!(text, ",RESOLUTION={}x{}", video.width, video.height);
        if let Some(fps) = video.fps {
            let _ = write!(text, ",FRAME-RATE={fps:.3}");
        }
    }
    let _ = writeln!(text, "\n{}", escape(uri));
    Some(text)
}

/// Bits per second: of the densest segment and of all in the rolling window. Before the first segment is complete, its
/// parts are all there is.
fn bandwidth(window: &Window) -> (u64, u64) {
    let rate = |bytes: u64, duration: Duration| {
        let rate = u128::from(bytes) * 8_000_000 / duration.as_micros().max(1);
        u64::try_from(rate).unwrap_or(u64::MAX).max(1)
    };
    // A segment that a lost connection cut short says little about what a player needs (8216bis, section 4.4.6.2).
    let shortest = Duration::from_millis(500 * window.target());
    let (mut peak, mut bytes, mut duration) = (0, 0, Duration::ZERO);
    for entry in window.listed(false) {
        if entry.duration >= shortest {
            peak = peak.max(rate(entry.bytes, entry.duration));
        }
        bytes += entry.bytes;
        duration += entry.duration;
    }
    if duration.is_zero()
        && let Some(open) = window.open()
    {
        bytes = open.parts.iter().map(|part| part.data.len() as u64).sum();
        duration = open.duration();
    }
    let average = rate(bytes, duration);
    (peak.max(average), average)
}
