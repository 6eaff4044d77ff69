//! Who may ask: only signed requests, and every header that changes what a request means must be signed.

use axum::extract::Request;
use axum::http::{HeaderMap, Method, Uri, header};
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::{S3Result, s3_error};
use url::form_urlencoded;

/// Every access key id (the name of a function) has the same secret key.
pub(super) struct OneSecret(pub(super) SecretKey);

#[async_trait::async_trait]
impl S3Auth for OneSecret {
    async fn get_secret_key(&self, _access_key: &str) -> S3Result<SecretKey> {
        Ok(self.0.clone())
    }
}

pub(super) struct SignedOnly {
    /// The bucket in which nothing can be changed.
    pub(super) read_only: Option<String>,
}

#[async_trait::async_trait]
impl S3Access for SignedOnly {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        if context.credentials().is_none() {
            return Err(s3_error!(AccessDenied, "Anonymous access is denied."));
        }
        let is_read_only =
            context.s3_path().get_bucket_name().is_some_and(|name| self.read_only.as_deref() == Some(name));
        if is_read_only && !matches!(context.s3_op().name(), "GetObject" | "HeadObject" | "HeadBucket") {
            return Err(s3_error!(AccessDenied, "The page's files are only read here."));
        }
        // s3s verifies what is signed, but takes headers that are not: a presigned PUT could be turned into a copy.
        let signed = signed_headers(context.headers(), context.uri());
        let unsigned = context.headers().keys().map(|name| name.as_str()).find(|name| {
            name.starts_with("x-amz-") && !signed.split(';').any(|signed| signed.eq_ignore_ascii_case(name))
        });
        match unsigned {
            Some(name) => Err(s3_error!(AccessDenied, "There were headers present which were not signed: {name}")),
            None => Ok(()),
        }
    }
}

fn signed_headers(headers: &HeaderMap, uri: &Uri) -> String {
    let from_query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "X-Amz-SignedHeaders")
        .map(|(_, value)| value.into_owned());
    from_query.unwrap_or_else(|| {
        let authorization =
            headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let list = authorization.split("SignedHeaders=").nth(1).unwrap_or_default();
        list.split(',').next().unwrap_or_default().trim().to_owned()
    })
}

/// Signature version 2 and browser forms: s3s takes them, Skylark has no use for them, so they are doors left open.
pub(super) fn is_refused_form(request: &Request) -> bool {
    let headers = request.headers();
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let query = request.uri().query().unwrap_or_default();
    let is_form = request.method() == Method::POST
        && headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().to_ascii_lowercase().starts_with(b"multipart/form-data"));
    authorization.starts_with("AWS ") || query.contains("AWSAccessKeyId=") || is_form
}
