use thiserror::Error as ThisError;

/// Why media cannot be packaged. The session that sent it should end.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
pub enum Error {
    /// The AVC configuration record is malformed or of a kind that is not packaged.
    #[error("the video configuration cannot be used: {0}")]
    Video(&'static str),
    /// The AudioSpecificConfig is malformed or of a kind that is not packaged.
    #[error("the audio configuration cannot be used: {0}")]
    Audio(&'static str),
    /// The encoder sends no key frames, so that no segment can end.
    #[error("there was no key frame for more than {0} ms")]
    NoKeyFrame(u32),
    /// More bytes than one part can hold.
    #[error("{0} bytes are too many for one part")]
    TooLarge(usize),
}
