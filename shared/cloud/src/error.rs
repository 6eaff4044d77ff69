//! From SDK errors to port errors: the only file here that looks at what a service answered.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use skylark_domain::{PortError, PortErrorKind};

/// What a port answers for an SDK error.
pub(crate) fn port_error<E>(port: &'static str, error: SdkError<E, HttpResponse>) -> PortError
where
    E: std::error::Error + Send + Sync + 'static,
{
    let status = error.raw_response().map(HttpResponse::status).map(|status| status.as_u16());
    let kind = match (&error, status) {
        (SdkError::TimeoutError(_), _) => PortErrorKind::Timeout,
        (SdkError::DispatchFailure(_) | SdkError::ResponseError(_), _) => PortErrorKind::Unavailable,
        (_, Some(409 | 412)) => PortErrorKind::Conflict,
        (_, Some(429)) => PortErrorKind::Throttled,
        (_, Some(500..)) => PortErrorKind::Unavailable,
        _ => PortErrorKind::Rejected,
    };
    PortError::new(port, kind, error)
}
