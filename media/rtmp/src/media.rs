use bytes::Bytes;

use crate::amf0::Value;

/// What a publisher sends once it is accepted, in the order of the wire.
///
/// `dts_ms` is RTMP's 32-bit clock of milliseconds, unwrapped over the session. It starts where the encoder starts, and
/// jumps where the encoder jumps.
#[derive(Debug, Clone, PartialEq)]
pub enum Media {
    /// What the encoder says about its stream (`onMetaData`).
    Metadata(Metadata),
    /// A checked AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1).
    VideoConfig(Bytes),
    /// One access unit of H.264.
    Video {
        /// Decoding time in milliseconds.
        dts_ms: i64,
        /// What is added to `dts_ms` to get the presentation time, in milliseconds.
        composition_ms: i32,
        /// Whether decoding can start here.
        keyframe: bool,
        /// NAL units with length prefixes of the size that the latest [`Media::VideoConfig`] names. Their bounds are
        /// checked.
        data: Bytes,
    },
    /// A checked AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1).
    AudioConfig(Bytes),
    /// One raw access unit of AAC.
    Audio {
        /// Decoding and presentation time in milliseconds.
        dts_ms: i64,
        /// The unit, without ADTS.
        data: Bytes,
    },
}

/// The fields of `onMetaData` that say something about the stream. Nothing obliges an encoder to send them, or to be
/// right.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metadata {
    /// Pixels.
    pub width: Option<u32>,
    /// Pixels.
    pub height: Option<u32>,
    /// Frames per second.
    pub framerate: Option<f64>,
    /// Kilobits per second.
    pub videodatarate: Option<f64>,
    /// Kilobits per second.
    pub audiodatarate: Option<f64>,
    /// Hertz.
    pub audiosamplerate: Option<u32>,
    /// Channels of audio; taken from `stereo` where the encoder only tells that.
    pub audiochannels: Option<u32>,
    /// Name and version of the encoder.
    pub encoder: Option<String>,
}

impl Metadata {
    /// Reads the fields of an object. A field of another type, or a number that cannot be, is left out.
    pub(crate) fn of(fields: &[(String, Value)]) -> Self {
        let mut metadata = Self::default();
        let mut stereo = None;
        for (name, value) in fields {
            match name.as_str() {
                "width" => metadata.width = whole(value),
                "height" => metadata.height = whole(value),
                "framerate" => metadata.framerate = positive(value),
                "videodatarate" => metadata.videodatarate = positive(value),
                "audiodatarate" => metadata.audiodatarate = positive(value),
                "audiosamplerate" => metadata.audiosamplerate = whole(value),
                "audiochannels" => metadata.audiochannels = whole(value),
                "stereo" => stereo = value.as_bool(),
                "encoder" => metadata.encoder = value.as_str().map(str::to_owned),
                _ => {}
            }
        }
        metadata.audiochannels = metadata.audiochannels.or(stereo.map(|stereo| if stereo { 2 } else { 1 }));
        metadata
    }
}

fn positive(value: &Value) -> Option<f64> {
    value.as_number().filter(|number| number.is_finite() && *number > 0.0)
}

fn whole(value: &Value) -> Option<u32> {
    // The cast drops a fraction; the filter leaves nothing that would not fit.
    positive(value).filter(|number| *number >= 1.0 && *number <= f64::from(u32::MAX)).map(|number| number as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, value: Value) -> (String, Value) {
        (name.to_owned(), value)
    }

    #[test]
    fn fields_that_are_known_and_possible_are_taken() {
        let metadata = Metadata::of(&[
            field("width", Value::Number(1280.0)),
            field("height", Value::Number(f64::NAN)),
            field("framerate", Value::Number(29.97)),
            field("videodatarate", Value::Number(-1.0)),
            field("audiosamplerate", Value::Number(1e30)),
            field("stereo", Value::Boolean(true)),
            field("encoder", Value::String("obs".to_owned())),
            field("duration", Value::Number(0.0)),
        ]);
        let expected = Metadata {
            width: Some(1280),
            framerate: Some(29.97),
            audiochannels: Some(2),
            encoder: Some("obs".to_owned()),
            ..Metadata::default()
        };
        assert_eq!(metadata, expected);
    }
}
