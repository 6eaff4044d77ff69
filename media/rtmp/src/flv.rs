//! Bodies of audio and video messages: the tags of "Adobe Flash Video File Format Specification" 10.1 (annex E.4), and
//! the form with a FourCC of "Enhanced RTMP" v2, of which only H.264 and AAC are served.

mod aac;
mod audio;
mod avc;
mod clock;
mod enhanced;
mod video;

use bytes::Bytes;

use self::clock::Clock;
use crate::{Error, Media};

/// What a tag says.
#[derive(Debug, Clone, PartialEq)]
pub enum Tag {
    /// Something to pass on.
    Media(Media),
    /// Nothing: it is empty, marks an end, or cannot be decoded because no configuration came before it.
    Nothing,
    /// It is in a codec, named here, that is not served.
    Unsupported(String),
}

/// Reads the tags of one session in their order.
#[derive(Debug, Default)]
pub struct Demuxer {
    clock: Clock,
    /// Bytes of a NAL unit's length, once a configuration told it.
    nal_length_bytes: Option<usize>,
    audio_configured: bool,
}

impl Demuxer {
    /// Reads the body of a video message.
    pub fn video(&mut self, timestamp: u32, body: Bytes) -> Result<Tag, Error> {
        let dts_ms = self.clock.unwrap(timestamp);
        let packet = match video::parse(body)? {
            video::Tag::Packet(packet) => packet,
            video::Tag::Nothing => return Ok(Tag::Nothing),
            video::Tag::Unsupported(codec) => return Ok(Tag::Unsupported(codec)),
        };
        match packet {
            video::Packet::Config(config) => {
                self.nal_length_bytes = Some(avc::check_config(&config)?);
                Ok(Tag::Media(Media::VideoConfig(config)))
            }
            video::Packet::Frame { keyframe, composition_ms, data } => {
                let Some(length_bytes) = self.nal_length_bytes.filter(|_| !data.is_empty()) else {
                    return Ok(Tag::Nothing);
                };
                avc::check_frame(&data, length_bytes)?;
                Ok(Tag::Media(Media::Video { dts_ms, composition_ms, keyframe, data }))
            }
        }
    }

    /// Reads the body of an audio message.
    pub fn audio(&mut self, timestamp: u32, body: Bytes) -> Result<Tag, Error> {
        let dts_ms = self.clock.unwrap(timestamp);
        match audio::parse(body)? {
            audio::Tag::Config(config) => {
                if let Some(object_type) = aac::unsupported(&config)? {
                    return Ok(Tag::Unsupported(format!("AAC object type {object_type}")));
                }
                self.audio_configured = true;
                Ok(Tag::Media(Media::AudioConfig(config)))
            }
            audio::Tag::Frame(data) if self.audio_configured && !data.is_empty() => {
                Ok(Tag::Media(Media::Audio { dts_ms, data }))
            }
            audio::Tag::Frame(_) | audio::Tag::Nothing => Ok(Tag::Nothing),
            audio::Tag::Unsupported(codec) => Ok(Tag::Unsupported(codec)),
        }
    }
}
