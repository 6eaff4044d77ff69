//! Blocking reloads and preload hints.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use skylark_hls::{Ask, Body, Frame, Name, Output, Refused, Segmenter, Settings, Timeline};

use crate::support::{picture, pictures, push_all, video_config};

fn channel() -> (Timeline, Segmenter) {
    let settings = Settings::default();
    let mut segmenter = Segmenter::new(&settings, 0);
    segmenter.video(video_config());
    (Timeline::new(settings), segmenter)
}

/// Parts of 240 ms, segments of 2 s.
fn push(timeline: &Timeline, segmenter: &mut Segmenter, frames: impl IntoIterator<Item = Frame>) -> Vec<Output> {
    let outputs = push_all(segmenter, frames);
    outputs.iter().for_each(|output| {
        timeline.apply(output);
    });
    outputs
}

fn ask(msn: u64, part: Option<u64>) -> Ask {
    Ask { msn: Some(msn), part, ..Ask::default() }
}

/// Whether the future waits when it is looked at.
fn is_waiting<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> bool {
    matches!(future.poll(&mut Context::from_waker(Waker::noop())), Poll::Pending)
}

#[tokio::test]
async fn a_blocked_reload_wakes_on_its_part() {
    let (timeline, mut segmenter) = channel();
    push(&timeline, &mut segmenter, pictures(0, 25, 50, 7));
    let wanted = ask(0, Some(2));
    let mut waiting = pin!(timeline.playlist(&wanted));
    assert!(is_waiting(waiting.as_mut()));
    push(&timeline, &mut segmenter, (7..13).map(|number| picture(number * 40, false)));
    assert!(is_waiting(waiting.as_mut()), "that was the part before");
    push(&timeline, &mut segmenter, (13..19).map(|number| picture(number * 40, false)));
    assert!(waiting.await.unwrap().contains("part-0.2.m4s\"\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"part-0.3.m4s\""));
}

#[tokio::test]
async fn many_viewers_wake_on_one_part() {
    let (timeline, mut segmenter) = channel();
    push(&timeline, &mut segmenter, pictures(0, 25, 50, 7));
    let viewers: Vec<_> = (0..500)
        .map(|_| {
            let timeline = timeline.clone();
            tokio::spawn(async move { timeline.playlist(&ask(0, Some(1))).await })
        })
        .collect();
    tokio::task::yield_now().await;
    push(&timeline, &mut segmenter, (7..13).map(|number| picture(number * 40, false)));
    for viewer in viewers {
        assert!(viewer.await.unwrap().unwrap().contains("part-0.1.m4s"));
    }
}

#[tokio::test]
async fn a_segment_is_waited_for_until_it_is_complete() {
    let (timeline, mut segmenter) = channel();
    push(&timeline, &mut segmenter, pictures(0, 25, 50, 49));
    let (rolling, dvr) = (ask(0, None), Ask { dvr: true, ..ask(0, Some(3)) });
    let mut waiting = pin!(timeline.playlist(&rolling));
    assert!(is_waiting(waiting.as_mut()));
    // Before there is any segment, the playlist for going back has nothing to say, and waits for it like the other.
    let mut waiting_dvr = pin!(timeline.playlist(&dvr));
    assert!(is_waiting(waiting_dvr.as_mut()), "parts are not listed there");
    push(&timeline, &mut segmenter, [picture(1_960, false), picture(2_000, true)]);
    for playlist in [waiting.await, waiting_dvr.await] {
        assert!(playlist.unwrap().contains("\nsegment-0.m4s\n"));
    }
}

#[tokio::test]
async fn a_part_behind_the_last_is_the_first_of_the_next_segment() {
    let (timeline, mut segmenter) = channel();
    push(&timeline, &mut segmenter, pictures(0, 25, 50, 51));
    let last = timeline.playlist(&ask(0, Some(8))).await.unwrap();
    assert!(last.contains("part-0.8.m4s"), "the last one is there at once");
    let wanted = ask(0, Some(9));
    let mut waiting = pin!(timeline.playlist(&wanted));
    assert!(is_waiting(waiting.as_mut()));
    push(&timeline, &mut segmenter, (51..57).map(|number| picture(number * 40, false)));
    assert!(waiting.await.unwrap().contains("part-1.0.m4s"));
}

#[tokio::test]
async fn what_is_too_far_ahead_or_makes_no_sense_is_refused_at_once() {
    let (timeline, mut segmenter) = channel();
    assert_eq!(timeline.playlist(&ask(0, None)).await, Err(Refused::NotYet));
    push(&timeline, &mut segmenter, pictures(0, 25, 50, 57));
    // One segment and one part are there; 12 parts of 250 ms are three seconds.
    for (msn, part) in [(3, None), (u64::MAX, None), (1, Some(13)), (2, Some(12)), (1, Some(u64::MAX)), (3, Some(0))] {
        assert_eq!(timeline.playlist(&ask(msn, part)).await, Err(Refused::TooFar), "{msn} {part:?}");
    }
    for (msn, part) in [(2, None), (1, Some(12)), (2, Some(11))] {
        let wanted = ask(msn, part);
        assert!(is_waiting(pin!(timeline.playlist(&wanted))), "{msn} {part:?}");
    }
    let part_only = Ask { part: Some(0), ..Ask::default() };
    assert_eq!(timeline.playlist(&part_only).await, Err(Refused::PartWithoutSegment));
    assert_eq!([Refused::TooFar, Refused::NotYet, Refused::TimedOut].map(Refused::status), [400, 404, 503]);
}

#[tokio::test]
async fn waiting_ends_after_three_target_durations_and_with_the_stream() {
    let (timeline, mut segmenter) = channel();
    push(&timeline, &mut segmenter, pictures(0, 25, 50, 7));
    let started = Instant::now();
    let (wanted, hinted) = (ask(0, Some(1)), Name::Part(0, 1));
    let (playlist, body) = tokio::join!(timeline.playlist(&wanted), timeline.body(&hinted));
    assert_eq!((playlist, body), (Err(Refused::TimedOut), None));
    assert!(started.elapsed() >= Duration::from_secs(6));
    let mut playlist = pin!(timeline.playlist(&wanted));
    let mut body = pin!(timeline.body(&hinted));
    assert!(is_waiting(playlist.as_mut()) && is_waiting(body.as_mut()));
    timeline.end();
    assert!(playlist.await.unwrap().ends_with("#EXT-X-ENDLIST\n"));
    assert_eq!(body.await, None);
}

#[tokio::test]
async fn a_hinted_part_is_waited_for_and_others_are_not() {
    let (timeline, mut segmenter) = channel();
    assert_eq!(timeline.body(&Name::Part(0, 0)).await, None);
    let outputs = push(&timeline, &mut segmenter, pictures(0, 25, 50, 7));
    for unknown in [Name::Part(0, 2), Name::Part(1, 0), Name::Segment(0), Name::Init(1), Name::Part(u64::MAX, u64::MAX)]
    {
        assert_eq!(timeline.body(&unknown).await, None, "{unknown}");
    }
    let [Output::Init(init), Output::Part(_)] = &outputs[..] else { panic!("{outputs:?}") };
    assert_eq!(timeline.body(&Name::Init(0)).await, Some(Body::Memory(vec![init.data.clone()])));
    let hinted = Name::Part(0, 1);
    let mut waiting = pin!(timeline.body(&hinted));
    assert!(is_waiting(waiting.as_mut()));
    let outputs = push(&timeline, &mut segmenter, (7..13).map(|number| picture(number * 40, false)));
    let [Output::Part(part)] = &outputs[..] else { panic!("{outputs:?}") };
    assert_eq!(waiting.await, Some(Body::Memory(vec![part.data.clone()])));
}

#[tokio::test]
async fn a_hint_that_a_lost_session_leaves_behind_finds_nothing() {
    let (timeline, mut segmenter) = channel();
    push(&timeline, &mut segmenter, pictures(0, 25, 50, 7));
    let hinted = Name::Part(0, 1);
    let mut waiting = pin!(timeline.body(&hinted));
    assert!(is_waiting(waiting.as_mut()));
    timeline.begin();
    assert_eq!(waiting.await, None);
}

#[tokio::test]
async fn a_plain_playlist_does_not_wait() {
    let settings = Settings { low_latency: false, ..Settings::default() };
    let timeline = Timeline::new(settings);
    let mut segmenter = Segmenter::new(&settings, 0);
    segmenter.video(video_config());
    push(&timeline, &mut segmenter, pictures(0, 25, 50, 51));
    assert!(timeline.playlist(&ask(7, Some(3))).await.unwrap().contains("segment-0.m4s"));
}
