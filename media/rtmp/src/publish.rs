use std::fmt;

/// What an encoder asked to publish. `Debug` leaves out whatever may hold a stream key.
#[derive(Clone, PartialEq, Eq)]
pub struct Publish {
    /// Application of `connect`, without slashes around it and without its query.
    pub app: String,
    /// Name of the stream as sent, without its query.
    pub name: String,
    /// Parameters of the name, then those of `app` and of `tcUrl`, percent-decoded; a pair that repeats stands once.
    pub query: Vec<(String, String)>,
    /// Address that the encoder connected to, as sent.
    pub tc_url: Option<String>,
    /// What the encoder calls itself (`flashVer`).
    pub encoder: Option<String>,
}

impl Publish {
    /// The first parameter of this name.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Publish {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parameters: Vec<&str> = self.query.iter().map(|(name, _)| name.as_str()).collect();
        formatter
            .debug_struct("Publish")
            .field("app", &self.app)
            .field("parameters", &parameters)
            .field("encoder", &self.encoder)
            .finish_non_exhaustive()
    }
}

/// Why a publisher is turned away or cut. The text is shown to the person at the encoder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No such stream: `NetStream.Publish.BadName`.
    BadName(String),
    /// Known, but not allowed: `NetStream.Publish.Denied`.
    Denied(String),
    /// A codec or a command that is not served: `NetStream.Publish.Rejected`.
    Unsupported(String),
    /// No capacity: `NetStream.Publish.Rejected`.
    Busy(String),
    /// To be sent elsewhere, with the address to use: `NetConnection.Connect.Rejected` and `ex.redirect`.
    Redirect(String),
    /// Cut by the owner: `NetConnection.Connect.Closed`.
    Ended(String),
}

impl Refusal {
    /// The status code that the encoder is told.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadName(_) => "NetStream.Publish.BadName",
            Self::Denied(_) => "NetStream.Publish.Denied",
            // Adobe names no code for these two; librtmp, and so OBS, ends the session on this one.
            Self::Unsupported(_) | Self::Busy(_) => "NetStream.Publish.Rejected",
            Self::Redirect(_) => "NetConnection.Connect.Rejected",
            Self::Ended(_) => "NetConnection.Connect.Closed",
        }
    }

    /// What the encoder is told in words.
    pub fn description(&self) -> &str {
        match self {
            Self::BadName(text)
            | Self::Denied(text)
            | Self::Unsupported(text)
            | Self::Busy(text)
            | Self::Ended(text) => text,
            Self::Redirect(_) => "Publish at the address in ex.redirect",
        }
    }
}
