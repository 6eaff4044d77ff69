//! Where parts and segments are cut, and what an unruly encoder gets.

use std::time::Duration;

use bytes::Bytes;
use skylark_hls::{Error, Frame, Output, Segmenter, Settings};

use crate::support::{
    STARTED_AT_MS, audio_config, both, inits, other_video_config, parts, picture, pictures, push_all, read_part,
    segmenter, segments, sound, video_config,
};

fn pictures_only(settings: &Settings) -> Segmenter {
    let mut segmenter = Segmenter::new(settings, STARTED_AT_MS);
    segmenter.video(video_config());
    segmenter
}

fn ms(outputs: &[Output]) -> Vec<u64> {
    segments(outputs).iter().map(|segment| segment.duration_ms()).collect()
}

#[test]
fn segments_end_at_the_first_key_frame_after_the_wanted_time() {
    for (gop, wanted) in [(30, 2_000), (60, 2_000), (15, 1_500), (150, 5_000), (45, 1_500)] {
        let outputs = push_all(&mut segmenter(&Settings::default()), both(0, 30, gop, 11_000));
        let found = ms(&outputs);
        assert!(found.len() >= 2 && found.iter().all(|&found| found == wanted), "{gop}: {found:?}");
    }
}

#[test]
fn parts_of_two_second_segments_obey_the_85_percent_rule_at_usual_frame_rates() {
    for fps in [10, 12, 15, 20, 24, 25, 30, 50, 60] {
        let outputs = push_all(&mut segmenter(&Settings::default()), both(0, fps, 2 * fps, 9_000));
        for segment in segments(&outputs) {
            let (last, others) = segment.parts.split_last().unwrap();
            for part in others {
                let target = u64::from(part.target_ms);
                let duration = part.duration_ms();
                assert!(duration <= target && duration * 100 >= target * 85, "{fps}: {duration} of {target}");
            }
            assert!(last.duration_ms() <= u64::from(last.target_ms));
            assert!(segment.parts[0].independent && others[1..].iter().all(|part| !part.independent));
        }
    }
}

#[test]
fn a_key_frame_within_a_segment_begins_an_independent_part() {
    let settings = Settings { segment_ms: 5_000, ..Settings::default() };
    let outputs = push_all(&mut pictures_only(&settings), pictures(0, 30, 30, 200));
    let independent: Vec<_> =
        parts(&outputs).iter().filter(|part| part.independent).map(|part| part.started_at_ms - STARTED_AT_MS).collect();
    assert_eq!(independent, [0, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000]);
}

#[test]
fn a_plain_channel_has_one_part_a_segment() {
    let settings = Settings { low_latency: false, ..Settings::default() };
    let outputs = push_all(&mut segmenter(&settings), both(0, 30, 60, 5_000));
    let segments = segments(&outputs);
    assert_eq!((segments.len(), parts(&outputs).len()), (2, 2));
    assert!(segments.iter().all(|segment| segment.parts.len() == 1));
}

#[test]
fn nothing_comes_before_the_first_key_frame() {
    let mut segmenter = segmenter(&Settings::default());
    let early = push_all(&mut segmenter, [sound(0), picture(10, false), sound(21), picture(43, false)]);
    assert!(early.is_empty());
    assert_eq!(segmenter.dropped(), 4);
    // Sound of before the key frame is late even when it comes after it.
    push_all(&mut segmenter, [picture(76, true), sound(64), sound(85)]);
    let outputs = segmenter.finish();
    let (_, tracks) = read_part(&parts(&outputs)[0].data);
    assert_eq!((tracks[0].time, tracks[1].time), (0, 9 * 48));
    assert_eq!(segmenter.dropped(), 5);
}

#[test]
fn an_encoder_that_begins_anew_gets_a_discontinuity_and_time_goes_on() {
    for restart_ms in [0, -5_000, i64::MIN, 100_000, i64::MAX - 10_000] {
        let mut segmenter = segmenter(&Settings::default());
        let mut outputs = push_all(&mut segmenter, both(50_000, 25, 50, 3_000));
        outputs.extend(push_all(&mut segmenter, both(restart_ms, 25, 50, 3_000)));
        outputs.extend(segmenter.finish());
        let segments = segments(&outputs);
        let found: Vec<_> = segments.iter().map(|segment| (segment.duration_ms(), segment.discontinuity)).collect();
        assert_eq!(found, [(2_000, false), (1_000, false), (2_000, true), (1_000, false)], "{restart_ms}");
        assert_eq!(inits(&outputs).len(), 1, "nothing else changed");
        let times: Vec<_> = segments.iter().map(|segment| read_part(&segment.parts[0].data).1[0].time).collect();
        assert_eq!(times[1], 180_000, "{restart_ms}");
        assert!((270_000..274_000).contains(&times[2]), "{restart_ms}: {times:?}");
        assert_eq!(times[3], times[2] + 180_000, "{restart_ms}");
    }
}

#[test]
fn a_hole_of_time_is_time_on_the_wall_clock() {
    let mut segmenter = pictures_only(&Settings::default());
    let mut outputs = push_all(&mut segmenter, pictures(0, 10, 20, 20));
    outputs.extend(push_all(&mut segmenter, pictures(20_000, 10, 20, 20)));
    outputs.extend(segmenter.finish());
    let begins: Vec<_> = segments(&outputs).iter().map(|segment| segment.started_at_ms - STARTED_AT_MS).collect();
    // The last picture before the hole took 100 ms of it.
    assert_eq!(begins, [0, 20_100]);
}

#[test]
fn equal_and_slightly_backward_times_are_nudged() {
    let mut segmenter = pictures_only(&Settings::default());
    let times = [0, 33, 33, 33, 20, 67, 100];
    let mut outputs = push_all(&mut segmenter, times.map(|dts_ms| picture(dts_ms, dts_ms == 0)));
    outputs.extend(segmenter.finish());
    let (_, tracks) = read_part(&parts(&outputs)[0].data);
    assert_eq!(tracks[0].durations, [2_970, 1, 1, 1, 3_057, 2_970, 2_970]);
}

#[test]
fn sound_is_counted_and_follows_its_timestamps_when_they_leave_it_behind() {
    let mut segmenter = segmenter(&Settings::default());
    push_all(&mut segmenter, [picture(0, true)]);
    // Rounded; then two frames are missing; then stamps run behind the count.
    push_all(&mut segmenter, [0, 21, 43, 64, 128, 149, 149, 149, 149, 149].map(sound));
    let outputs = segmenter.finish();
    let (_, tracks) = read_part(&parts(&outputs)[0].data);
    let hole = 128 * 48 - 3 * 1_024;
    assert_eq!(tracks[1].durations, [1_024, 1_024, 1_024, hole, 1_024, 1_024, 1_024, 1_024]);
    assert_eq!(segmenter.dropped(), 2);
}

#[test]
fn sound_far_off_the_pictures_is_left_out() {
    let mut segmenter = segmenter(&Settings::default());
    push_all(&mut segmenter, [picture(1_000, true), sound(1_000), sound(11_001), sound(i64::MAX), sound(i64::MIN)]);
    assert_eq!(segmenter.dropped(), 3);
}

#[test]
fn an_encoder_without_key_frames_is_an_error_and_what_was_there_remains() {
    let mut segmenter = pictures_only(&Settings::default());
    let mut frames = pictures(0, 25, 1_000, 300);
    let error = frames.find_map(|frame| segmenter.push(frame).err());
    assert_eq!(error, Some(Error::NoKeyFrame(10_000)));
    assert_eq!(ms(&segmenter.finish()), [10_040]);
    // Nor may it never begin.
    let mut segmenter = pictures_only(&Settings::default());
    let error = (0..400).find_map(|number| segmenter.push(picture(number * 33, false)).err());
    assert_eq!(error, Some(Error::NoKeyFrame(10_000)));
    assert!(segmenter.finish().is_empty());
}

#[test]
fn another_configuration_amid_a_group_of_pictures_ends_the_segment() {
    let mut segmenter = segmenter(&Settings::default());
    let mut outputs = push_all(&mut segmenter, both(0, 25, 50, 1_000));
    assert!(segmenter.video(video_config()).is_empty(), "the same one again changes nothing");
    let ended = segmenter.video(other_video_config());
    assert_eq!(ms(&ended), [1_000]);
    outputs.extend(ended);
    assert!(segmenter.audio(audio_config(44_100)).is_empty());
    // The next key frame is awaited.
    assert!(push_all(&mut segmenter, [picture(1_000, false), sound(1_000)]).is_empty());
    outputs.extend(push_all(&mut segmenter, pictures(1_033, 30, 60, 30)));
    outputs.extend(segmenter.finish());
    let inits = inits(&outputs);
    assert_eq!(
        inits.iter().map(|init| &*init.codecs).collect::<Vec<_>>(),
        ["avc1.64001f,mp4a.40.2", "avc1.640020,mp4a.40.2"]
    );
    let segments = segments(&outputs);
    assert_eq!(segments.iter().map(|segment| segment.discontinuity).collect::<Vec<_>>(), [false, true]);
    assert_eq!(segments[1].init, inits[1]);
    // An initialisation stands before the first part that needs it.
    let kinds: Vec<_> = outputs.iter().filter(|output| !matches!(output, Output::Segment(_))).collect();
    let second = kinds.iter().position(|output| matches!(output, Output::Init(init) if *init == inits[1])).unwrap();
    assert!(matches!(kinds[second + 1], Output::Part(part) if part.discontinuity));
}

#[test]
fn sound_alone_is_packaged_without_drift_however_long() {
    for rate in [8_000_i64, 44_100, 48_000] {
        let mut segmenter = Segmenter::new(&Settings::default(), STARTED_AT_MS);
        segmenter.audio(audio_config(u32::try_from(rate).unwrap()));
        let count = 100_000;
        let mut outputs = push_all(&mut segmenter, (0..count).map(|number| sound(number * 1_024_000 / rate)));
        outputs.extend(segmenter.finish());
        let played: Duration = parts(&outputs).iter().map(|part| part.duration).sum();
        assert_eq!(played.as_micros(), (count * 1_024_000_000 / rate).unsigned_abs().into(), "{rate}");
        assert_eq!(segments(&outputs).iter().map(|segment| segment.duration).sum::<Duration>(), played);
        assert!(parts(&outputs).iter().all(|part| part.independent));
        let segments = segments(&outputs);
        let (last, others) = segments.split_last().unwrap();
        assert!(others.iter().all(|segment| (1_500..1_650).contains(&segment.duration_ms())), "{rate}");
        assert!(last.duration_ms() < 1_650);
        assert_eq!(segmenter.dropped(), 0);
    }
}

#[test]
fn sound_with_one_timestamp_for_ever_does_not_grow_without_bounds() {
    let mut segmenter = Segmenter::new(&Settings::default(), 0);
    segmenter.audio(audio_config(48_000));
    push_all(&mut segmenter, (0..100_000).map(|_| sound(7)));
    assert_eq!(parts(&segmenter.finish()).iter().map(|part| part.duration_ms()).sum::<u64>(), 4 * 1_024 / 48);
    assert_eq!(segmenter.dropped(), 100_000 - 4);
}

#[test]
fn frames_without_a_configuration_are_counted_and_left_out() {
    let mut segmenter = Segmenter::new(&Settings::default(), 0);
    assert!(push_all(&mut segmenter, [picture(0, true), sound(0)]).is_empty());
    assert!(segmenter.finish().is_empty());
    assert_eq!(segmenter.dropped(), 2);
}

#[test]
fn what_no_part_can_hold_is_an_error() {
    let mut segmenter = segmenter(&Settings::default());
    let too_large = Bytes::from(vec![0; 2 * 1024 * 1024]);
    let pushed = segmenter.push(Frame::Audio { dts_ms: 0, data: too_large });
    assert_eq!(pushed.err(), Some(Error::TooLarge(2 * 1024 * 1024)));
    // A flood of pictures at one time ends before it fills the memory; they share it here.
    let picture = Bytes::from(vec![0; 32 * 1024 * 1024]);
    let flood = |keyframe| Frame::Video { dts_ms: 0, composition_ms: 0, keyframe, data: picture.clone() };
    let error = (0..20).find_map(|number| segmenter.push(flood(number == 0)).err());
    assert!(matches!(error, Some(Error::TooLarge(_))), "{error:?}");
}
