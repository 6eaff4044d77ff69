//! What a decoder must know before the first frame.

mod aac;
mod avc;

pub use self::aac::AudioConfig;
pub use self::avc::VideoConfig;
