//! Initialisation segments and fragments, as mp4-atom reads them.

use bytes::Bytes;
use mp4_atom::{Codec, Decode, Ftyp, Moov};
use skylark_hls::{Frame, Settings};

use crate::support::{
    Track, audio_config, both, inits, parts, picture, push_all, read_part, segmenter, sound, video_config,
};

#[test]
fn an_initialisation_describes_both_tracks() {
    let outputs = push_all(&mut segmenter(&Settings::default()), both(0, 30, 60, 1_000));
    let [init] = &inits(&outputs)[..] else { panic!("{outputs:?}") };
    assert_eq!(init.codecs, "avc1.64001f,mp4a.40.2");
    let mut rest = &init.data[..];
    Ftyp::decode(&mut rest).unwrap();
    let moov = Moov::decode(&mut rest).unwrap();
    assert!(rest.is_empty());
    let [video, audio] = &moov.trak[..] else { panic!("{moov:?}") };
    assert_eq!((video.tkhd.track_id, video.mdia.mdhd.timescale), (1, 90_000));
    assert_eq!((audio.tkhd.track_id, audio.mdia.mdhd.timescale), (2, 48_000));
    let [Codec::Avc1(avc1)] = &video.mdia.minf.stbl.stsd.codecs[..] else { panic!("{video:?}") };
    assert_eq!((avc1.visual.width, avc1.visual.height), (1280, 720));
    assert_eq!(avc1.avcc.sequence_parameter_sets.len(), 1);
    let [Codec::Mp4a(mp4a)] = &audio.mdia.minf.stbl.stsd.codecs[..] else { panic!("{audio:?}") };
    assert_eq!(mp4a.audio.channel_count, 2);
    assert_eq!(mp4a.esds.es_desc.dec_config.dec_specific.as_ref().unwrap().raw, audio_config(48_000).config);
    let defaults = &moov.mvex.unwrap().trex;
    assert_eq!(defaults.iter().map(|trex| trex.track_id).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn parts_hold_every_byte_of_every_frame_in_order() {
    let mut segmenter = segmenter(&Settings::default());
    let frames: Vec<_> = both(500, 30, 60, 4_000)
        .into_iter()
        .zip(0_u32..)
        .map(|(frame, number)| match frame {
            Frame::Video { dts_ms, composition_ms, keyframe, .. } => {
                Frame::Video { dts_ms, composition_ms, keyframe, data: number.to_be_bytes().to_vec().into() }
            }
            Frame::Audio { dts_ms, .. } => Frame::Audio { dts_ms, data: number.to_be_bytes().to_vec().into() },
        })
        .collect();
    let mut outputs = push_all(&mut segmenter, frames.clone());
    outputs.extend(segmenter.finish());
    let read: Vec<_> = parts(&outputs).iter().map(|part| read_part(&part.data)).collect();
    assert_eq!(
        read.iter().map(|(sequence, _)| *sequence).collect::<Vec<_>>(),
        (1..=read.len() as u32).collect::<Vec<_>>()
    );
    for id in [1, 2] {
        let tracks: Vec<&Track> = read.iter().flat_map(|(_, tracks)| tracks).filter(|track| track.id == id).collect();
        let found: Vec<_> = tracks.iter().flat_map(|track| track.samples.clone()).collect();
        let pushed: Vec<_> = frames
            .iter()
            .filter_map(|frame| match frame {
                Frame::Video { data, .. } => (id == 1).then(|| data.to_vec()),
                Frame::Audio { data, .. } => (id == 2).then(|| data.to_vec()),
            })
            .collect();
        assert_eq!(found, pushed);
        // No cracks: each fragment begins where the one before ended.
        for pair in tracks.windows(2) {
            assert_eq!(pair[0].time + pair[0].duration(), pair[1].time, "track {id}");
        }
    }
    assert_eq!(segmenter.dropped(), 0);
}

#[test]
fn pictures_that_are_shown_early_have_signed_offsets_and_none_before_time_begins() {
    let mut segmenter = segmenter(&Settings::default());
    let offsets = [-40, 40, -40, 0];
    let frames = (0..9).map(|number: i64| Frame::Video {
        dts_ms: number * 40,
        composition_ms: offsets[usize::try_from(number % 4).unwrap()],
        keyframe: number == 0,
        data: Bytes::from_static(&[0, 0, 0, 1, 9]),
    });
    let mut outputs = push_all(&mut segmenter, frames);
    outputs.extend(segmenter.finish());
    let (_, tracks) = read_part(&parts(&outputs)[0].data);
    assert_eq!(tracks[0].time, 3_600);
    assert_eq!(tracks[0].compositions[..4], [-3_600, 3_600, -3_600, 0]);
}

#[test]
fn a_sample_of_nine_megabytes_is_packaged_and_an_empty_one_left_out() {
    let mut segmenter = segmenter(&Settings::default());
    let large = Bytes::from(vec![7; 9 * 1024 * 1024]);
    let video = |dts_ms, data| Frame::Video { dts_ms, composition_ms: 0, keyframe: true, data };
    let frames = [
        video(0, large.clone()),
        video(20, Bytes::new()),
        Frame::Audio { dts_ms: 20, data: Bytes::new() },
        video(40, large.clone()),
    ];
    let mut outputs = push_all(&mut segmenter, frames);
    outputs.extend(segmenter.finish());
    let (_, tracks) = read_part(&parts(&outputs)[0].data);
    assert_eq!(tracks.len(), 1);
    assert_eq!(tracks[0].samples, [&large[..], &large[..]]);
    assert_eq!(segmenter.dropped(), 2);
}

/// One second of 2.5 Mbit/s.
#[test]
fn frames_are_shared_until_their_part_is_written_and_copied_once() {
    const PICTURE_BYTES: usize = 2_500_000 / 8 / 30;
    let mut segmenter = segmenter(&Settings::default());
    let mut kept = Vec::new();
    let mut written = 0;
    for frame in both(0, 30, 60, 1_000) {
        let frame = match frame {
            Frame::Video { dts_ms, composition_ms, keyframe, .. } => {
                let data = Bytes::from(vec![1; PICTURE_BYTES]);
                kept.push(data.clone());
                Frame::Video { dts_ms, composition_ms, keyframe, data }
            }
            audio @ Frame::Audio { .. } => audio,
        };
        let outputs = segmenter.push(frame).unwrap();
        for part in parts(&outputs) {
            let (_, tracks) = read_part(&part.data);
            let pictures = tracks[0].samples.len();
            // What was written is let go of; what is open is still the encoder's own memory.
            assert!(kept[written..written + pictures].iter().all(Bytes::is_unique));
            written += pictures;
            assert!(kept[written..].iter().all(|data| !data.is_unique()));
        }
    }
    assert_eq!((kept.len(), written), (30, 28));
}

#[test]
fn one_track_alone_is_described_alone() {
    let settings = Settings::default();
    let mut pictures_only = skylark_hls::Segmenter::new(&settings, 0);
    pictures_only.video(video_config());
    let outputs = push_all(&mut pictures_only, [picture(0, true)]);
    let init = &inits(&outputs)[0];
    assert_eq!((init.codecs.as_str(), init.audio.is_none()), ("avc1.64001f", true));
    let mut sound_only = skylark_hls::Segmenter::new(&settings, 0);
    sound_only.audio(audio_config(44_100));
    let mut outputs = push_all(&mut sound_only, [sound(0), sound(23)]);
    assert!(outputs.is_empty(), "it is not yet known that no video comes");
    outputs.extend(sound_only.finish());
    let init = &inits(&outputs)[0];
    assert_eq!((init.codecs.as_str(), init.video.is_none()), ("mp4a.40.2", true));
    let (_, tracks) = read_part(&parts(&outputs)[0].data);
    assert_eq!((tracks.len(), tracks[0].id, tracks[0].durations.clone()), (1, 2, vec![1_024, 1_024]));
}
