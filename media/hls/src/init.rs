//! The initialisation segment (ISO/IEC 14496-12; CMAF header, ISO/IEC 23000-19 clause 7.3.1).

use bytes::Bytes;

use crate::boxes::Writer;
use crate::fragment::{AUDIO_TRACK, SYNC_SAMPLE, VIDEO_TIMESCALE, VIDEO_TRACK};
use crate::output::Init;
use crate::track::{AudioConfig, VideoConfig};

/// Milliseconds, for the film as a whole.
const MOVIE_TIMESCALE: u32 = 1_000;
const MATRIX: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];
/// "und" in three times five bits.
const UNDETERMINED: u16 = 0x55c4;
/// Room for the boxes around both configurations.
const USUAL_BYTES: usize = 1_536;

impl Init {
    pub(crate) fn new(video: Option<VideoConfig>, audio: Option<AudioConfig>) -> Self {
        let codecs = [video.as_ref().map(|video| &*video.codec), audio.as_ref().map(|audio| &*audio.codec)];
        let codecs = codecs.into_iter().flatten().collect::<Vec<_>>().join(",");
        Self { data: write(video.as_ref(), audio.as_ref()), codecs, video, audio }
    }
}

fn write(video: Option<&VideoConfig>, audio: Option<&AudioConfig>) -> Bytes {
    let mut out = Writer::with_capacity(USUAL_BYTES);
    out.boxed(b"ftyp", |out| {
        out.bytes(b"iso6");
        out.u32(1);
        out.bytes(b"iso6cmfcmp41");
    });
    out.boxed(b"moov", |out| {
        out.full(b"mvhd", 0, 0, |out| {
            out.zeros(8);
            out.u32(MOVIE_TIMESCALE);
            out.u32(0);
            out.u32(0x1_0000);
            out.u16(0x100);
            out.zeros(10);
            MATRIX.into_iter().for_each(|value| out.u32(value));
            out.zeros(24);
            out.u32(AUDIO_TRACK + 1);
        });
        if let Some(video) = video {
            video_track(out, video);
        }
        if let Some(audio) = audio {
            audio_track(out, audio);
        }
        out.boxed(b"mvex", |out| {
            if video.is_some() {
                track_defaults(out, VIDEO_TRACK, 0, 0);
            }
            if let Some(audio) = audio {
                track_defaults(out, AUDIO_TRACK, audio.frame_samples, SYNC_SAMPLE);
            }
        });
    });
    out.finish()
}

fn track_defaults(out: &mut Writer, track: u32, duration: u32, flags: u32) {
    out.full(b"trex", 0, 0, |out| {
        out.u32(track);
        out.u32(1);
        out.u32(duration);
        out.u32(0);
        out.u32(flags);
    });
}

fn video_track(out: &mut Writer, video: &VideoConfig) {
    let (across, down) = video.pixel_aspect;
    let shown_width = u64::from(video.width) * u64::from(across) / u64::from(down.max(1));
    out.boxed(b"trak", |out| {
        track_header(out, VIDEO_TRACK, 0, u16::try_from(shown_width).unwrap_or(u16::MAX), side(video.height));
        media(out, VIDEO_TIMESCALE, b"vide", b"Video\0", |out| {
            out.full(b"vmhd", 0, 1, |out| out.zeros(8));
            data_reference(out);
            samples(out, |out| {
                out.boxed(b"avc1", |out| {
                    out.zeros(6);
                    out.u16(1);
                    out.zeros(16);
                    out.u16(side(video.width));
                    out.u16(side(video.height));
                    out.u32(0x48_0000);
                    out.u32(0x48_0000);
                    out.u32(0);
                    out.u16(1);
                    out.zeros(32);
                    out.u16(0x18);
                    out.u16(u16::MAX);
                    out.boxed(b"avcC", |out| out.bytes(&video.config));
                    out.boxed(b"pasp", |out| {
                        out.u32(across.into());
                        out.u32(down.into());
                    });
                });
            });
        });
    });
}

/// Configurations are limited to what fits.
fn side(pixels: u32) -> u16 {
    u16::try_from(pixels).unwrap_or(u16::MAX)
}

fn audio_track(out: &mut Writer, audio: &AudioConfig) {
    const FULL_VOLUME: u16 = 0x100;
    out.boxed(b"trak", |out| {
        track_header(out, AUDIO_TRACK, FULL_VOLUME, 0, 0);
        media(out, audio.sample_rate, b"soun", b"Audio\0", |out| {
            out.full(b"smhd", 0, 0, |out| out.zeros(4));
            data_reference(out);
            samples(out, |out| {
                out.boxed(b"mp4a", |out| {
                    out.zeros(6);
                    out.u16(1);
                    out.zeros(8);
                    out.u16(audio.channels.into());
                    out.u16(16);
                    out.zeros(4);
                    // 16.16; a rate that does not fit stands in the decoder's configuration alone.
                    out.u16(u16::try_from(audio.sample_rate).unwrap_or(0));
                    out.u16(0);
                    stream_descriptor(out, &audio.config);
                });
            });
        });
    });
}

/// `esds` (ISO/IEC 14496-14, clause 5.6; descriptors of 14496-1, clause 7.2.6).
fn stream_descriptor(out: &mut Writer, config: &[u8]) {
    const AAC: u8 = 0x40;
    const AUDIO_STREAM: u8 = 0x15;
    // AudioConfig limits it to 64 bytes, so every length fits seven bits.
    let length = config.len() as u8;
    out.full(b"esds", 0, 0, |out| {
        out.bytes(&[0x03, 3 + 2 + 13 + 2 + length + 3]);
        out.u16(AUDIO_TRACK as u16);
        out.u8(0);
        out.bytes(&[0x04, 13 + 2 + length, AAC, AUDIO_STREAM]);
        out.zeros(11);
        out.bytes(&[0x05, length]);
        out.bytes(config);
        out.bytes(&[0x06, 1, 0x02]);
    });
}

fn track_header(out: &mut Writer, track: u32, volume: u16, width: u16, height: u16) {
    const ENABLED_IN_MOVIE: u32 = 3;
    out.full(b"tkhd", 0, ENABLED_IN_MOVIE, |out| {
        out.zeros(8);
        out.u32(track);
        out.zeros(16);
        out.u16(0);
        // Tracks of one group are alternatives, and these are not.
        out.u16(0);
        out.u16(volume);
        out.u16(0);
        MATRIX.into_iter().for_each(|value| out.u32(value));
        out.u32(u32::from(width) << 16);
        out.u32(u32::from(height) << 16);
    });
}

fn media(out: &mut Writer, timescale: u32, handler: &[u8; 4], name: &[u8], content: impl FnOnce(&mut Writer)) {
    out.boxed(b"mdia", |out| {
        out.full(b"mdhd", 0, 0, |out| {
            out.zeros(8);
            out.u32(timescale);
            out.u32(0);
            out.u16(UNDETERMINED);
            out.u16(0);
        });
        out.full(b"hdlr", 0, 0, |out| {
            out.u32(0);
            out.bytes(handler);
            out.zeros(12);
            out.bytes(name);
        });
        out.boxed(b"minf", content);
    });
}

/// Samples are in the same file.
fn data_reference(out: &mut Writer) {
    out.boxed(b"dinf", |out| {
        out.full(b"dref", 0, 0, |out| {
            out.u32(1);
            out.full(b"url ", 0, 1, |_| {});
        });
    });
}

/// A sample table without samples: they come in fragments.
fn samples(out: &mut Writer, entry: impl FnOnce(&mut Writer)) {
    out.boxed(b"stbl", |out| {
        out.full(b"stsd", 0, 0, |out| {
            out.u32(1);
            entry(out);
        });
        out.full(b"stts", 0, 0, |out| out.u32(0));
        out.full(b"stsc", 0, 0, |out| out.u32(0));
        out.full(b"stsz", 0, 0, |out| out.zeros(8));
        out.full(b"stco", 0, 0, |out| out.u32(0));
    });
}
