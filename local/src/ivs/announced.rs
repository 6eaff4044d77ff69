//! What an encoder announced about its stream, as GetStreamSession answers it.

use serde_json::{Map, Value, json};
use skylark_hls::{AudioConfig, VideoConfig};
use skylark_rtmp::Metadata;

/// What is known so far.
#[derive(Default)]
pub(super) struct Announced {
    pub(super) encoder: Option<String>,
    pub(super) metadata: Option<Metadata>,
    pub(super) video: Option<VideoConfig>,
    pub(super) audio: Option<AudioConfig>,
}

impl Announced {
    /// `ingestConfiguration` on the wire.
    pub(super) fn wire(&self) -> Value {
        let metadata = self.metadata.clone().unwrap_or_default();
        let mut wire = Map::new();
        if let Some(config) = &self.video {
            let (profile, level) = profile_and_level(&config.codec);
            let video = json!({
                "avcProfile": profile,
                "avcLevel": level,
                "profile": profile,
                "level": level,
                "codec": config.codec,
                "encoder": metadata.encoder.as_ref().or(self.encoder.as_ref()),
                "targetBitrate": bits(metadata.videodatarate),
                "targetFramerate": metadata.framerate.or(config.fps).map(|fps| fps.round() as i64),
                "videoHeight": config.height,
                "videoWidth": config.width,
                "track": "Track0",
            });
            wire.insert("video".into(), present(video));
        }
        if let Some(config) = &self.audio {
            let audio = json!({
                "codec": config.codec,
                "targetBitrate": bits(metadata.audiodatarate),
                "sampleRate": config.sample_rate,
                "channels": config.channels,
                "track": "Track0",
            });
            wire.insert("audio".into(), present(audio));
        }
        Value::Object(wire)
    }
}

/// Bits per second of an encoder's kilobits.
fn bits(kilobits: Option<f64>) -> Option<i64> {
    kilobits.map(|rate| (rate * 1000.0).round() as i64)
}

fn present(mut fields: Value) -> Value {
    if let Value::Object(fields) = &mut fields {
        fields.retain(|_, value| !value.is_null());
    }
    fields
}

/// H.264's profile and level in `avc1.PPCCLL` (RFC 6381).
fn profile_and_level(codec: &str) -> (Option<&'static str>, Option<String>) {
    let hex = |from: usize| codec.get(from..from + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
    let profile = hex(5).map(|profile| match profile {
        66 => "Baseline",
        77 => "Main",
        88 => "Extended",
        100 => "High",
        _ => "Other",
    });
    let level = hex(9).map(|level| format!("{}.{}", level / 10, level % 10));
    (profile, level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codec_strings_name_profile_and_level() {
        assert_eq!(profile_and_level("avc1.64001f"), (Some("High"), Some("3.1".into())));
        assert_eq!(profile_and_level("avc1.42c028"), (Some("Baseline"), Some("4.0".into())));
        assert_eq!(profile_and_level("avc1"), (None, None));
    }
}
