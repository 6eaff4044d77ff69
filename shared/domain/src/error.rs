//! What can go wrong. [`Error`] is what a command or a query answers; [`PortError`] is what an adapter answers. Only the
//! edge (`skylark-api`) knows which status code an error becomes, and the source text of an error is logged, never sent.

use std::time::Duration;

/// The result of a command or a query.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One thing that is wrong with a command's input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The field's name as the caller wrote it (`fileSize`).
    pub field: String,
    /// One plain sentence.
    pub reason: String,
}

impl Violation {
    /// A violation of `field`.
    pub fn new(field: &str, reason: impl Into<String>) -> Self {
        Self { field: field.to_owned(), reason: reason.into() }
    }
}

/// Why a command or a query did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The input breaks a rule; every violation is listed.
    #[error("the request is not valid")]
    Invalid(Vec<Violation>),
    /// Nobody known is asking, or the proof is not good.
    #[error("authentication is needed")]
    Unauthenticated,
    /// The caller may not do this.
    #[error("this is not allowed")]
    Forbidden,
    /// There is no such thing, or the caller may not know of it.
    #[error("no such {what}")]
    NotFound {
        /// `user`.
        what: &'static str,
    },
    /// Something else holds what was asked for; `code` is stable (`username-taken`).
    #[error("{message}")]
    Conflict {
        /// Stable code.
        code: &'static str,
        /// One plain sentence.
        message: &'static str,
    },
    /// The aggregate's state does not allow it.
    #[error("not allowed while {state}")]
    IllegalTransition {
        /// The state it is in (`PROCESSING`).
        state: &'static str,
        /// What is allowed instead.
        allowed: Vec<&'static str>,
    },
    /// The file is larger than an installation takes.
    #[error("larger than {limit} bytes")]
    TooLarge {
        /// Bytes.
        limit: u64,
    },
    /// Files of this type are not taken.
    #[error("this type of file is not taken")]
    UnsupportedType,
    /// An idempotency key names another command already.
    #[error("the key names another command")]
    KeyReused,
    /// The same command is being done right now.
    #[error("the same command is being done")]
    InProgress,
    /// The aggregate has another version than the caller expected.
    #[error("it was changed meanwhile")]
    Stale,
    /// Too many tries.
    #[error("too many tries")]
    RateLimited {
        /// When to try again.
        retry_after: Duration,
    },
    /// As many as an installation allows; `code` is stable (`stream-limit-reached`).
    #[error("{message}")]
    LimitReached {
        /// Stable code.
        code: &'static str,
        /// One plain sentence.
        message: &'static str,
    },
    /// The caller may not have this here; `code` is stable (`geo-blocked`).
    #[error("{message}")]
    Refused {
        /// Stable code.
        code: &'static str,
        /// One plain sentence.
        message: &'static str,
    },
    /// Something we depend on is down.
    #[error("temporarily unavailable")]
    Unavailable {
        /// When to try again.
        retry_after: Duration,
    },
    /// IVS is down, or was so often enough that it is not asked.
    #[error("the streaming service is not available")]
    ProviderUnavailable {
        /// When to try again.
        retry_after: Duration,
    },
    /// A fault of ours.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What kind of trouble an adapter had: what retry, breaker and status codes look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortErrorKind {
    /// A condition did not hold.
    Conflict,
    /// Asked to slow down.
    Throttled,
    /// No answer in time.
    Timeout,
    /// Down or unreachable.
    Unavailable,
    /// Refused for good: trying again is useless.
    Rejected,
    /// What was read makes no sense.
    Corrupt,
    /// As many as there may be.
    LimitReached,
}

/// The port of IVS: trouble with it has an answer of its own.
pub const PROVIDER: &str = "ivs";

/// An adapter's error.
#[derive(Debug, thiserror::Error)]
#[error("{port}: {kind:?}")]
pub struct PortError {
    /// The port's name.
    pub port: &'static str,
    /// What kind of trouble.
    pub kind: PortErrorKind,
    /// When to try again, if at all.
    pub retry_after: Duration,
    /// For the log.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl PortError {
    /// An error of `port`.
    pub fn new(
        port: &'static str,
        kind: PortErrorKind,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { port, kind, retry_after: Duration::from_secs(1), source: source.into() }
    }
}

impl From<PortError> for Error {
    fn from(error: PortError) -> Self {
        match error.kind {
            PortErrorKind::Conflict => Error::Stale,
            PortErrorKind::Throttled | PortErrorKind::Timeout | PortErrorKind::Unavailable
                if error.port == PROVIDER =>
            {
                Error::ProviderUnavailable { retry_after: error.retry_after }
            }
            PortErrorKind::Throttled | PortErrorKind::Timeout | PortErrorKind::Unavailable => {
                Error::Unavailable { retry_after: error.retry_after }
            }
            PortErrorKind::LimitReached => Error::LimitReached {
                code: "stream-limit-reached",
                message: "This installation takes no more channels for now.",
            },
            PortErrorKind::Rejected | PortErrorKind::Corrupt => Error::Internal(Box::new(error)),
        }
    }
}
