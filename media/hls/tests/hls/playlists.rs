//! Playlists, word for word, and as m3u8-rs reads them.

use std::path::PathBuf;

use m3u8_rs::{MasterPlaylist, MediaPlaylist, parse_master_playlist_res, parse_media_playlist_res};
use skylark_hls::{Ask, Body, Frame, Name, Output, Refused, Segmenter, Settings, Timeline};

use crate::support::{STARTED_AT_MS, both, picture, pictures, push_all, segmenter, segments, video_config};

/// A channel with one session at a time.
struct Channel {
    timeline: Timeline,
    segmenter: Segmenter,
}

impl Channel {
    /// Pictures only: their durations are round.
    fn new(settings: Settings) -> Self {
        let timeline = Timeline::new(settings);
        timeline.begin();
        let mut segmenter = Segmenter::new(&settings, STARTED_AT_MS);
        segmenter.video(video_config());
        Self { timeline, segmenter }
    }

    fn push(&mut self, frames: impl IntoIterator<Item = Frame>) -> Vec<Output> {
        let outputs = push_all(&mut self.segmenter, frames);
        outputs.iter().for_each(|output| {
            self.timeline.apply(output);
        });
        outputs
    }

    /// The connection is lost and another comes at `started_at_ms`.
    fn reconnect(&mut self, settings: &Settings, started_at_ms: i64) {
        for output in self.segmenter.finish() {
            self.timeline.apply(&output);
        }
        self.timeline.begin();
        self.segmenter = Segmenter::new(settings, started_at_ms);
        self.segmenter.video(video_config());
    }

    async fn playlist(&self, ask: Ask) -> String {
        self.timeline.playlist(&ask).await.unwrap()
    }
}

fn read(playlist: &str) -> MediaPlaylist {
    parse_media_playlist_res(playlist.as_bytes()).unwrap()
}

/// Ten pictures a second, a key frame every two seconds: parts of 300 ms, segments of 2 s.
fn slow(from_ms: i64, count: i64) -> impl Iterator<Item = Frame> {
    pictures(from_ms, 10, 20, count)
}

#[tokio::test]
async fn the_first_part_makes_a_playlist() {
    let mut channel = Channel::new(Settings::default());
    assert_eq!(channel.timeline.playlist(&Ask::default()).await, Err(Refused::NotYet));
    channel.push(pictures(0, 25, 50, 7));
    let playlist = channel.playlist(Ask::default()).await;
    assert_eq!(
        playlist,
        "#EXTM3U
#EXT-X-VERSION:9
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12,HOLD-BACK=6,PART-HOLD-BACK=0.750
#EXT-X-PART-INF:PART-TARGET=0.250
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-MAP:URI=\"init-0.mp4\"
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T10:00:00.000Z
#EXT-X-PART:DURATION=0.240,URI=\"part-0.0.m4s\",INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"part-0.1.m4s\"
"
    );
}

#[tokio::test]
async fn amid_a_segment_complete_ones_and_parts_are_listed() {
    let mut channel = Channel::new(Settings::default());
    channel.push(slow(0, 28));
    let playlist = channel.playlist(Ask::default()).await;
    assert_eq!(
        playlist,
        "#EXTM3U
#EXT-X-VERSION:9
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12,HOLD-BACK=6,PART-HOLD-BACK=0.918
#EXT-X-PART-INF:PART-TARGET=0.306
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-MAP:URI=\"init-0.mp4\"
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T10:00:00.000Z
#EXT-X-PART:DURATION=0.300,URI=\"part-0.0.m4s\",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.300,URI=\"part-0.1.m4s\"
#EXT-X-PART:DURATION=0.300,URI=\"part-0.2.m4s\"
#EXT-X-PART:DURATION=0.300,URI=\"part-0.3.m4s\"
#EXT-X-PART:DURATION=0.300,URI=\"part-0.4.m4s\"
#EXT-X-PART:DURATION=0.300,URI=\"part-0.5.m4s\"
#EXT-X-PART:DURATION=0.200,URI=\"part-0.6.m4s\"
#EXTINF:2.000,
segment-0.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T10:00:02.000Z
#EXT-X-PART:DURATION=0.300,URI=\"part-1.0.m4s\",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.300,URI=\"part-1.1.m4s\"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"part-1.2.m4s\"
"
    );
    let read = read(&playlist);
    assert_eq!((read.target_duration, read.media_sequence, read.segments.len()), (2, 0, 1));
    assert_eq!(read.segments[0].map.as_ref().unwrap().uri, "init-0.mp4");
    assert_eq!(read.segments[0].program_date_time.unwrap().timestamp_millis(), STARTED_AT_MS);
}

#[tokio::test]
async fn a_reconnect_goes_on_behind_a_discontinuity() {
    let settings = Settings { low_latency: false, ..Settings::default() };
    let mut channel = Channel::new(settings);
    channel.push(slow(0, 25));
    channel.reconnect(&settings, STARTED_AT_MS + 60_000);
    channel.push(slow(0, 21));
    let playlist = channel.playlist(Ask::default()).await;
    assert_eq!(
        playlist,
        "#EXTM3U
#EXT-X-VERSION:8
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:HOLD-BACK=6
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-MAP:URI=\"init-0.mp4\"
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T10:00:00.000Z
#EXTINF:2.000,
segment-0.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T10:00:02.000Z
#EXTINF:0.500,
segment-1.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI=\"init-0.mp4\"
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T10:01:00.000Z
#EXTINF:2.000,
segment-2.m4s
"
    );
    assert_eq!(read(&playlist).segments.iter().map(|it| it.discontinuity).collect::<Vec<_>>(), [false, false, true]);
}

#[tokio::test]
async fn the_window_rolls_and_discontinuities_that_left_it_are_counted() {
    let settings = Settings { low_latency: false, window_ms: 4_000, dvr_window_ms: 0, ..Settings::default() };
    let mut channel = Channel::new(settings);
    channel.push(slow(0, 21));
    channel.reconnect(&settings, STARTED_AT_MS);
    channel.push(slow(0, 61));
    // Four target durations at least: the oldest of them ended 6.1 s before the end.
    let playlist = channel.playlist(Ask::default()).await;
    let head = "#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-DISCONTINUITY-SEQUENCE:0\n#EXT-X-MAP:URI=\"init-0.mp4\"\n";
    assert!(playlist.contains(head), "{playlist}");
    channel.push(slow(6_000, 21).skip(1));
    let playlist = channel.playlist(Ask::default()).await;
    let head = "#EXT-X-MEDIA-SEQUENCE:2\n#EXT-X-DISCONTINUITY-SEQUENCE:0\n#EXT-X-DISCONTINUITY\n#EXT-X-MAP";
    assert!(playlist.contains(head), "{playlist}");
    channel.push(slow(8_000, 21).skip(1));
    let playlist = channel.playlist(Ask::default()).await;
    let head = "#EXT-X-MEDIA-SEQUENCE:3\n#EXT-X-DISCONTINUITY-SEQUENCE:1\n#EXT-X-MAP";
    assert!(playlist.contains(head), "{playlist}");
}

#[tokio::test]
async fn a_delta_update_leaves_out_what_lies_behind_the_skip_boundary() {
    let mut channel = Channel::new(Settings::default());
    channel.push(slow(0, 165));
    let whole = channel.playlist(Ask::default()).await;
    let delta = channel.playlist(Ask { skip: true, ..Ask::default() }).await;
    assert_eq!(read(&whole).segments.len(), 8);
    assert_eq!(
        delta.split_inclusive('\n').skip(6).take(8).collect::<String>(),
        "#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-SKIP:SKIPPED-SEGMENTS=2
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T10:00:04.000Z
#EXTINF:2.000,
segment-2.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T10:00:06.000Z
#EXTINF:2.000,
"
    );
    let behind = |playlist: &str| playlist.split_once("segment-2.m4s").unwrap().1.to_owned();
    assert_eq!(behind(&delta), behind(&whole));
}

#[tokio::test]
async fn parts_are_listed_for_three_target_durations_only() {
    let mut channel = Channel::new(Settings::default());
    channel.push(slow(0, 105));
    let playlist = channel.playlist(Ask::default()).await;
    let parts = |msn: u64| playlist.matches(&format!("#EXT-X-PART:DURATION=0.300,URI=\"part-{msn}.")).count();
    // 400 ms of the sixth segment are there: only two complete ones began within the last six seconds.
    assert_eq!((0..6).map(parts).collect::<Vec<_>>(), [0, 0, 0, 6, 6, 1]);
    assert!(
        matches!(channel.timeline.body(&Name::Part(2, 0)).await, Some(Body::Memory(_))),
        "it may still be asked for"
    );
}

#[tokio::test]
async fn an_end_is_told() {
    let mut channel = Channel::new(Settings::default());
    channel.push(slow(0, 9));
    channel.timeline.end();
    let playlist = channel.playlist(Ask { msn: Some(40), ..Ask::default() }).await;
    assert_eq!(
        playlist.split_inclusive('\n').skip(6).collect::<String>(),
        "#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-MAP:URI=\"init-0.mp4\"
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T10:00:00.000Z
#EXT-X-PART:DURATION=0.300,URI=\"part-0.0.m4s\",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.300,URI=\"part-0.1.m4s\"
#EXTINF:0.600,
segment-0.m4s
#EXT-X-ENDLIST
"
    );
    assert!(read(&playlist).end_list);
    assert!(channel.timeline.latest().ended);
}

#[tokio::test]
async fn going_back_lists_all_that_was_stored_and_marks_what_was_lost() {
    let settings = Settings { window_ms: 8_000, dvr_window_ms: 60_000, ..Settings::default() };
    let mut channel = Channel::new(settings);
    for second in 0..10 {
        let outputs = channel.push(slow(second * 2_000, 21).skip(usize::from(second > 0)));
        assert_eq!(segments(&outputs).len(), 1);
        // The first and the fourth are not stored.
        if second % 3 > 0 {
            channel.timeline.stored(second.unsigned_abs(), PathBuf::from(format!("{second}")), 7);
        }
    }
    let playlist = channel.playlist(Ask { dvr: true, ..Ask::default() }).await;
    let mut lines = playlist.lines();
    let head: Vec<_> = lines.by_ref().take(14).collect();
    assert_eq!(
        head.join("\n"),
        "#EXTM3U
#EXT-X-VERSION:9
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12,HOLD-BACK=6
#EXT-X-MEDIA-SEQUENCE:1
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-MAP:URI=\"init-0.mp4\"
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T10:00:02.000Z
#EXTINF:2.000,
segment-1.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T10:00:04.000Z
#EXTINF:2.000,
segment-2.m4s"
    );
    assert_eq!(lines.nth(1), Some("#EXT-X-GAP"));
    let read = read(&playlist);
    assert_eq!(read.segments.last().unwrap().uri, "segment-9.m4s");
    assert_eq!(read.segments.len(), 9);
    // The rolling one is as short as ever.
    assert!(channel.playlist(Ask::default()).await.contains("#EXT-X-MEDIA-SEQUENCE:6\n"));
    // Those before the newest come from their files, lost ones not at all.
    assert_eq!(
        channel.timeline.body(&Name::Segment(1)).await,
        Some(Body::File { path: "1".into(), from: 0, bytes: 7 })
    );
    assert_eq!(channel.timeline.body(&Name::Segment(3)).await, None);
    assert!(matches!(channel.timeline.body(&Name::Segment(9)).await, Some(Body::Memory(_))));
    // What comes late is there again.
    channel.timeline.stored(3, PathBuf::from("late"), 8);
    assert_eq!(
        channel.timeline.body(&Name::Segment(3)).await,
        Some(Body::File { path: "late".into(), from: 0, bytes: 8 })
    );
    assert!(!channel.playlist(Ask { dvr: true, ..Ask::default() }).await.contains("GAP"));
}

#[tokio::test]
async fn memory_holds_the_window_and_less_when_segments_are_stored() {
    let held = |stores: bool| {
        let settings = Settings::default();
        let mut channel = Channel::new(settings);
        let mut outputs = channel.push(pictures(0, 25, 50, 3_001));
        for (msn, _) in (0..).zip(segments(&outputs)).filter(|_| stores) {
            channel.timeline.stored(msn, PathBuf::new(), 1);
        }
        outputs.clear();
        (channel.timeline.latest(), channel)
    };
    let (unstored, channel) = held(false);
    assert_eq!((unstored.segment, unstored.segments), (Some(59), 8));
    let one = match channel.timeline.body(&Name::Segment(59)).await {
        Some(Body::Memory(pieces)) => pieces.iter().map(|piece| piece.len() as u64).sum::<u64>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(unstored.memory_bytes, 8 * one);
    // The newest one, and what has come of the next.
    let (stored, _) = held(true);
    assert!((one..2 * one).contains(&stored.memory_bytes), "{stored:?}");
}

#[tokio::test]
async fn parts_of_a_stored_segment_come_from_its_file() {
    let mut channel = Channel::new(Settings::default());
    channel.push(slow(0, 85));
    let before = channel.playlist(Ask::default()).await;
    let mut sizes = Vec::new();
    for part in 0..7 {
        match channel.timeline.body(&Name::Part(2, part)).await {
            Some(Body::Memory(pieces)) => sizes.push(pieces.iter().map(|piece| piece.len() as u64).sum::<u64>()),
            other => panic!("{other:?}"),
        }
    }
    channel.timeline.stored(2, PathBuf::from("two"), sizes.iter().sum());
    assert_eq!(channel.playlist(Ask::default()).await, before, "players see no difference");
    let mut from = 0;
    for (part, bytes) in (0..).zip(sizes) {
        let body = channel.timeline.body(&Name::Part(2, part)).await;
        assert_eq!(body, Some(Body::File { path: "two".into(), from, bytes }));
        from += bytes;
    }
    assert_eq!(channel.timeline.body(&Name::Part(2, 7)).await, None);
    assert_eq!(
        channel.timeline.body(&Name::Segment(2)).await,
        Some(Body::File { path: "two".into(), from: 0, bytes: from })
    );
    // The newest is what viewers wait for.
    channel.timeline.stored(3, PathBuf::from("three"), 7);
    assert!(matches!(channel.timeline.body(&Name::Part(3, 0)).await, Some(Body::Memory(_))));
}

#[tokio::test]
async fn prefix_and_query_stand_around_every_name_and_cannot_break_out() {
    let mut channel = Channel::new(Settings::default());
    channel.push(slow(0, 24));
    let ask = Ask {
        uri_prefix: "/v1/a b/".to_owned(),
        uri_query: "token=x\"\n#EXT-X-ENDLIST\r\u{e9}%22".to_owned(),
        ..Ask::default()
    };
    let playlist = channel.playlist(ask).await;
    let query = "?token=x%22%0A%23EXT-X-ENDLIST%0D%C3%A9%22";
    assert_eq!(playlist.matches(query).count(), 1 + 7 + 1 + 1 + 1, "{playlist}");
    assert!(playlist.contains(&format!("\n/v1/a%20b/segment-0.m4s{query}\n")));
    assert!(!playlist.contains("\n#EXT-X-ENDLIST"));
    // A cached playlist of someone else's is not handed out.
    assert!(!channel.playlist(Ask::default()).await.contains("token"));
}

#[tokio::test]
async fn the_multivariant_playlist_tells_what_a_player_needs() {
    let settings = Settings::default();
    let timeline = Timeline::new(settings);
    assert_eq!(timeline.multivariant("media.m3u8"), None);
    for output in push_all(&mut segmenter(&settings), both(0, 25, 50, 6_100)) {
        timeline.apply(&output);
    }
    let text = timeline.multivariant("media.m3u8?token=a").unwrap();
    let read: MasterPlaylist = parse_master_playlist_res(text.as_bytes()).unwrap();
    let [variant] = &read.variants[..] else { panic!("{text}") };
    assert_eq!(variant.uri, "media.m3u8?token=a");
    assert_eq!(variant.codecs.as_deref(), Some("avc1.64001f,mp4a.40.2"));
    assert_eq!(variant.resolution.map(|size| (size.width, size.height)), Some((1280, 720)));
    assert_eq!(variant.frame_rate, Some(30.0));
    assert!(variant.average_bandwidth.unwrap() > 1_000 && variant.average_bandwidth.unwrap() <= variant.bandwidth);
}

#[tokio::test]
async fn the_target_grows_with_a_segment_and_never_shrinks() {
    let mut channel = Channel::new(Settings::default());
    let mut target = async |frames: Vec<Frame>| {
        channel.push(frames);
        read(&channel.playlist(Ask::default()).await).target_duration
    };
    assert_eq!(target(slow(0, 21).collect()).await, 2);
    // A segment that grows longer than the target is told of before it ends.
    assert_eq!(target((21..70).map(|number| picture(number * 100, false)).collect()).await, 5);
    assert_eq!(target(slow(7_000, 201).collect()).await, 5);
}

#[tokio::test]
async fn what_a_lost_session_left_open_becomes_a_segment() {
    let settings = Settings::default();
    let mut channel = Channel::new(settings);
    channel.push(slow(0, 8));
    channel.timeline.begin();
    assert_eq!(channel.timeline.latest().segment, Some(0));
    channel.segmenter = Segmenter::new(&settings, STARTED_AT_MS + 9_000);
    channel.segmenter.video(video_config());
    channel.push(slow(0, 5));
    let playlist = channel.playlist(Ask::default()).await;
    let end = "#EXTINF:0.600,
segment-0.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI=\"init-0.mp4\"
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T10:00:09.000Z
#EXT-X-PART:DURATION=0.300,URI=\"part-1.0.m4s\",INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"part-1.1.m4s\"
";
    assert!(playlist.ends_with(end), "{playlist}");
}
