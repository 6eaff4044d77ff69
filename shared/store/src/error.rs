//! From SDK errors to port errors: the only file that looks at what DynamoDB answered.

use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use skylark_domain::{PortError, PortErrorKind};

const PORT: &str = "table";

/// Something stored, or about to be, makes no sense.
pub(crate) fn corrupt(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> PortError {
    PortError::new(PORT, PortErrorKind::Corrupt, source)
}

/// Whether a single conditional write found its condition false.
pub(crate) fn is_condition_failed<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    code(error) == Some("ConditionalCheckFailedException")
}

/// What the port answers for an SDK error.
pub(crate) fn port_error<E>(error: SdkError<E>) -> PortError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let kind = match &error {
        SdkError::TimeoutError(_) => PortErrorKind::Timeout,
        SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => PortErrorKind::Unavailable,
        _ => match code(&error) {
            Some("ConditionalCheckFailedException") => PortErrorKind::Conflict,
            Some(
                "ThrottlingException"
                | "ProvisionedThroughputExceededException"
                | "RequestLimitExceeded"
                | "TransactionConflictException"
                | "TransactionInProgressException"
                | "TransactionCanceledException",
            ) => PortErrorKind::Throttled,
            Some("InternalServerError" | "ServiceUnavailable") | None => PortErrorKind::Unavailable,
            Some(_) => PortErrorKind::Rejected,
        },
    };
    // The SDK's own Display says only "service error": keep the whole chain for the log.
    PortError::new(PORT, kind, DisplayErrorContext(error).to_string())
}

fn code<E: ProvideErrorMetadata>(error: &SdkError<E>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}
