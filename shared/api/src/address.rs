//! Where a request came from. The viewer's address is believed only from CloudFront, which proves itself by a secret.

use axum::http::HeaderMap;
use axum::http::request::Parts;
use lambda_http::request::RequestContext;
use secrecy::{ExposeSecret, SecretString};
use skylark_domain::token::digest;

/// The network address of whoever sent the request.
pub fn viewer_address(parts: &Parts, origin_secret: &SecretString) -> String {
    let source = match parts.extensions.get::<RequestContext>() {
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.clone(),
        _ => None,
    };
    address_of(&parts.headers, source.as_deref(), origin_secret)
}

/// The same, of headers and the address that API Gateway saw.
pub(crate) fn address_of(headers: &HeaderMap, source: Option<&str>, origin_secret: &SecretString) -> String {
    proven(headers, origin_secret, "x-viewer-address").or(source).unwrap_or("unknown").to_owned()
}

/// The country of whoever sent the request: an ISO 3166 alpha-2 code, when it is known.
pub fn viewer_country<'a>(parts: &'a Parts, origin_secret: &SecretString) -> Option<&'a str> {
    proven(&parts.headers, origin_secret, "cloudfront-viewer-country")
}

/// A header of a request that came through CloudFront.
fn proven<'a>(headers: &'a HeaderMap, origin_secret: &SecretString, name: &str) -> Option<&'a str> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // Digests are compared: how many characters agree cannot be told from the time it takes.
    let is_proven =
        header("x-origin-verify").is_some_and(|proof| digest(proof) == digest(origin_secret.expose_secret()));
    header(name).filter(|_| is_proven)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_cannot_choose_its_address() {
        let secret: SecretString = "proof".to_owned().into();
        let address = |proof: &str| {
            let request =
                axum::http::Request::get("/").header("x-viewer-address", "192.0.2.7").header("x-origin-verify", proof);
            viewer_address(&request.body(()).unwrap().into_parts().0, &secret)
        };
        assert_eq!(address("proof"), "192.0.2.7");
        assert_eq!(address("guess"), "unknown");
    }
}
