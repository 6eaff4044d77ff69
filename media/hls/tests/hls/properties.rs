//! What holds for every stream.

use std::time::Duration;

use proptest::prelude::*;
use skylark_hls::{Frame, Output, Segmenter, Settings, Timeline};

use crate::support::{audio_config, parts, picture, read_part, segments, sound, video_config};

/// Milliseconds between pictures, whether each is a key frame, and where the clock begins.
fn stream() -> impl Strategy<Value = (Vec<(i64, bool)>, i64)> {
    (proptest::collection::vec((1_i64..400, proptest::bool::weighted(0.2)), 2..300), -100_000_i64..100_000)
}

/// Anything an encoder could send.
fn wild_frame() -> impl Strategy<Value = Frame> {
    let time = prop_oneof![4 => -1_000_i64..30_000, 1 => any::<i64>()];
    let bytes = proptest::collection::vec(any::<u8>(), 0..20);
    let video = (time.clone(), any::<i32>(), any::<bool>(), bytes.clone()).prop_map(
        |(dts_ms, composition_ms, keyframe, data)| Frame::Video { dts_ms, composition_ms, keyframe, data: data.into() },
    );
    let audio = (time, bytes).prop_map(|(dts_ms, data)| Frame::Audio { dts_ms, data: data.into() });
    prop_oneof![video, audio]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn durations_add_up_to_media_time_and_parts_are_as_long_as_frames_allow((steps, begin) in stream()) {
        let mut segmenter = Segmenter::new(&Settings { longest_segment_ms: 1_000_000, ..Settings::default() }, 0);
        segmenter.video(video_config());
        let mut outputs = Vec::new();
        let mut dts_ms = begin;
        for (number, &(step, keyframe)) in steps.iter().enumerate() {
            outputs.extend(segmenter.push(picture(dts_ms, keyframe || number == 0)).unwrap());
            dts_ms += step;
        }
        outputs.extend(segmenter.finish());
        let media_ms: i64 = steps[..steps.len() - 1].iter().map(|(step, _)| step).sum();
        let played: Duration = parts(&outputs).iter().map(|part| part.duration).sum();
        // The last picture's own duration is a guess.
        let guess = played.saturating_sub(Duration::from_millis(media_ms.unsigned_abs()));
        prop_assert!(Duration::from_millis(10) <= guess && guess <= Duration::from_secs(1), "{played:?} {media_ms}");
        for segment in segments(&outputs) {
            prop_assert_eq!(segment.duration, segment.parts.iter().map(|part| part.duration).sum::<Duration>());
            prop_assert!(segment.parts[0].independent);
            for pair in segment.parts.windows(2) {
                let target = Duration::from_millis(pair[0].target_ms.into());
                let first = read_part(&pair[1].data).1[0].durations[0];
                let with_next = pair[0].duration + Duration::from_micros(first * 100 / 9);
                let is_one_frame = read_part(&pair[0].data).1[0].samples.len() == 1;
                prop_assert!(pair[0].duration <= target || is_one_frame);
                prop_assert!(
                    pair[0].duration * 100 >= target * 85 || pair[1].independent || with_next > target,
                    "{:?} of {:?}, next {:?}", pair[0].duration, target, first
                );
            }
        }
        for pair in segments(&outputs).windows(2) {
            let end = pair[0].started_at_ms + i64::try_from(pair[0].duration_ms()).unwrap();
            prop_assert_eq!(end, pair[1].started_at_ms);
        }
    }

    #[test]
    fn whatever_is_sent_becomes_whole_parts_and_gapless_numbers(
        frames in proptest::collection::vec(wild_frame(), 0..200),
        changes in proptest::collection::vec(any::<bool>(), 200),
    ) {
        let settings = Settings::default();
        let mut segmenter = Segmenter::new(&settings, 0);
        segmenter.video(video_config());
        segmenter.audio(audio_config(48_000));
        let timeline = Timeline::new(settings);
        timeline.begin();
        let mut outputs = Vec::new();
        for (frame, changes) in frames.into_iter().zip(changes) {
            if changes && matches!(frame, Frame::Audio { .. }) {
                outputs.extend(segmenter.audio(audio_config(44_100)));
            }
            // An error ends a real session; here it goes on, which must be harmless too.
            outputs.extend(segmenter.push(frame).unwrap_or_default());
        }
        outputs.extend(segmenter.finish());
        let mut next = 0;
        let mut sequence = 0;
        let mut open = Vec::new();
        for output in &outputs {
            let msn = timeline.apply(output);
            match output {
                Output::Init(_) => {}
                Output::Part(part) => {
                    let (number, tracks) = read_part(&part.data);
                    sequence += 1;
                    prop_assert_eq!(number, sequence);
                    prop_assert!(!tracks.is_empty() && part.duration > Duration::ZERO);
                    open.push(part.clone());
                }
                Output::Segment(segment) => {
                    prop_assert_eq!(msn, Some(next));
                    next += 1;
                    prop_assert_eq!(&segment.parts, &open);
                    open.clear();
                }
            }
        }
        prop_assert!(open.is_empty());
    }

    #[test]
    fn sound_alone_is_as_long_as_its_frames(count in 1_i64..2_000, begin in -10_000_i64..10_000) {
        let mut segmenter = Segmenter::new(&Settings::default(), 0);
        segmenter.audio(audio_config(48_000));
        let mut outputs = Vec::new();
        for number in 0..count {
            outputs.extend(segmenter.push(sound(begin + number * 1_024 / 48)).unwrap());
        }
        outputs.extend(segmenter.finish());
        let played: Duration = segments(&outputs).iter().map(|segment| segment.duration).sum();
        prop_assert_eq!(played.as_micros(), u128::from((count * 1_024_000_000 / 48_000).unsigned_abs()));
    }
}
