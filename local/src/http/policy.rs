//! What browsers are told to refuse, as CloudFront's response headers policies tell them on AWS (`BrowserHeaders` and
//! `EmbedHeaders` in the template).

use axum::http::{HeaderValue, header};
use axum::response::Response;

/// The content security policies.
#[derive(Clone)]
pub(super) struct Policies {
    page: HeaderValue,
    /// Of the page that other sites may show in a frame.
    embed: HeaderValue,
}

impl Policies {
    /// For pages that may talk to this origin and to `others`. `has_vite`: Vite's pages begin with a script of their own, and
    /// their styles come as elements that scripts make.
    pub(super) fn new(others: &[String], has_vite: bool) -> anyhow::Result<Self> {
        let peers = others.join(" ");
        let media: Vec<&str> = others.iter().map(String::as_str).filter(|peer| !peer.starts_with("ws:")).collect();
        let media = media.join(" ");
        let own = if has_vite { "'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'" } else { "'self'" };
        let policy = |ancestors: &str| {
            HeaderValue::try_from(format!(
                "default-src 'self'; script-src {own}; object-src 'none'; base-uri 'none'; frame-ancestors {ancestors}; \
                 connect-src 'self' {peers}; media-src 'self' blob: {media}; worker-src 'self' blob:; \
                 img-src 'self' data: blob: {media}"
            ))
        };
        Ok(Self { page: policy("'none'")?, embed: policy("*")? })
    }

    /// Puts the headers on an answer for `path`. An answer that carries its own policy keeps it.
    pub(super) fn put_on(&self, path: &str, answer: &mut Response) {
        let policy = if path.starts_with("/embed/") { &self.embed } else { &self.page };
        let headers = answer.headers_mut();
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert_with(|| policy.clone());
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(has_vite: bool, path: &str) -> String {
        let peers = ["http://127.0.0.1:1".to_owned(), "ws://127.0.0.1:1".to_owned()];
        let mut answer = Response::default();
        Policies::new(&peers, has_vite).unwrap().put_on(path, &mut answer);
        answer.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned()
    }

    #[test]
    fn only_the_page_that_is_made_for_it_may_be_framed() {
        for path in ["/", "/watch/x", "/embed", "/api/v1/videos", "/x/embed/"] {
            assert!(policy(false, path).contains("frame-ancestors 'none';"), "{path}");
        }
        let embed = policy(false, "/embed/x");
        assert!(embed.contains("frame-ancestors *;"), "{embed}");
        assert_eq!(embed.replace("frame-ancestors *", "frame-ancestors 'none'"), policy(false, "/"));
    }

    #[test]
    fn nothing_inline_is_allowed_but_to_vite() {
        assert!(!policy(false, "/").contains("unsafe"));
        assert!(policy(true, "/").contains("script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline';"));
    }

    #[test]
    fn sockets_are_no_place_for_media() {
        let policy = policy(false, "/");
        assert!(policy.contains("connect-src 'self' http://127.0.0.1:1 ws://127.0.0.1:1;"), "{policy}");
        assert!(policy.contains("media-src 'self' blob: http://127.0.0.1:1;"), "{policy}");
    }

    #[test]
    fn an_answer_keeps_its_own_policy() {
        let mut answer = Response::default();
        answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'"));
        Policies::new(&[], false).unwrap().put_on("/", &mut answer);
        assert_eq!(answer.headers()[header::CONTENT_SECURITY_POLICY], "default-src 'none'");
        assert_eq!(answer.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    }
}
