//! The built page: read from its bucket, kept in the process, and cut where something may be put into its head.

use std::sync::Arc;
use std::time::{Duration, Instant};

use skylark_cloud::s3::{Bucket, Fresh};
use skylark_domain::{Error, PortError};
use tokio::sync::Mutex;

/// The page's key in its bucket.
const KEY: &str = "index.html";
/// How long it is not asked for again: a page that was just replaced names files that are gone.
const FRESH: Duration = Duration::from_secs(2);
const TITLE: (&str, &str) = ("<title>", "</title>");
const DESCRIPTION: (&str, &str) = ("<meta name=\"description\"", ">");

/// The page as it was last read.
pub(crate) struct Pages {
    bucket: Bucket,
    kept: Mutex<Option<Kept>>,
}

struct Kept {
    page: Arc<Page>,
    etag: Option<String>,
    checked_at: Instant,
}

impl Pages {
    /// The page in `bucket`.
    pub(crate) fn new(bucket: Bucket) -> Self {
        Self { bucket, kept: Mutex::new(None) }
    }

    /// The page. One that cannot be read again is shown as it was.
    ///
    /// # Errors
    /// `Unavailable` when it was never read.
    pub(super) async fn current(&self) -> Result<Arc<Page>, Error> {
        let mut kept = self.kept.lock().await;
        current(&mut kept, Instant::now(), |etag| self.bucket.read_unless(KEY, etag)).await
    }
}

async fn current<R>(
    kept: &mut Option<Kept>,
    now: Instant,
    read: impl FnOnce(Option<String>) -> R,
) -> Result<Arc<Page>, Error>
where
    R: Future<Output = Result<Fresh, PortError>>,
{
    if let Some(kept) = kept.as_ref().filter(|kept| now.duration_since(kept.checked_at) < FRESH) {
        return Ok(kept.page.clone());
    }
    match read(kept.as_ref().and_then(|kept| kept.etag.clone())).await {
        Ok(Fresh::Changed { body, etag }) => match Page::cut(&body) {
            Some(page) => *kept = Some(Kept { page: Arc::new(page), etag, checked_at: now }),
            None => tracing::error!("the page has no title in its head: nothing can be put there"),
        },
        Ok(Fresh::Unchanged) => {}
        Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "the page cannot be read"),
    }
    match kept {
        Some(kept) => {
            kept.checked_at = now;
            Ok(kept.page.clone())
        }
        None => Err(Error::Unavailable { retry_after: FRESH }),
    }
}

/// The page, cut where its title and its description were.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    before: String,
    /// Title and description as they were.
    own: String,
    after: String,
}

impl Page {
    /// Cuts a page that has a title in its head, in UTF-8.
    fn cut(html: &[u8]) -> Option<Self> {
        let html = std::str::from_utf8(html).ok()?;
        let (head, body) = html.split_at(html.find("</head>")?);
        let (before, title, after) = cut_out(head, TITLE)?;
        let mut page = Self { before: before.to_owned(), own: title.to_owned(), after: format!("{after}{body}") };
        // It stands before the title or behind it, or there is none.
        for half in [&mut page.before, &mut page.after] {
            let rest = cut_out(half, DESCRIPTION).map(|(before, description, after)| {
                page.own.push_str(description);
                format!("{before}{after}")
            });
            if let Some(rest) = rest {
                *half = rest;
            }
        }
        Some(page)
    }

    /// The page with `head` in place of its title and description.
    pub(super) fn with_head(&self, head: &str) -> String {
        [&self.before, head, &self.after].concat()
    }

    /// The page with `more` beside its title and description.
    pub(super) fn with_more(&self, more: &str) -> String {
        [&self.before, self.own.as_str(), more, &self.after].concat()
    }
}

/// What stands before, from and after a piece that has this start and end.
fn cut_out<'a>(text: &'a str, (start, end): (&str, &str)) -> Option<(&'a str, &'a str, &'a str)> {
    let (before, rest) = text.split_at(text.find(start)?);
    let (piece, after) = rest.split_at(rest.find(end)? + end.len());
    Some((before, piece, after))
}

#[cfg(test)]
mod tests {
    use skylark_domain::PortErrorKind;

    use super::*;

    const SMALL: &str = "<html><head><title>Old</title><meta name=\"description\" content=\"x\"></head><body></body>";

    fn changed(html: &str, etag: &str) -> Result<Fresh, PortError> {
        Ok(Fresh::Changed { body: html.as_bytes().to_vec(), etag: Some(etag.to_owned()) })
    }

    #[test]
    fn the_page_as_it_is_written_can_be_cut() {
        let html = include_str!("../../../../web/index.html");
        let page = Page::cut(html.as_bytes()).unwrap();
        let shown = page.with_head("<title>New</title>");
        assert_eq!(shown.matches("<title>").count(), 1);
        assert_eq!(shown.matches("name=\"description\"").count(), 0);
        assert!(shown.find("<title>New</title>").unwrap() < shown.find("</head>").unwrap(), "{shown}");
        let unknown = page.with_more("<x>");
        assert_eq!(unknown.matches("<title>Skylark</title>").count(), 1);
        assert_eq!(unknown.matches("name=\"description\"").count(), 1);
    }

    #[test]
    fn title_and_description_are_cut_out_in_either_order() {
        let other = "<html><head><meta name=\"description\" content=\"x\"><title>Old</title></head><body></body>";
        for html in [SMALL, other] {
            let page = Page::cut(html.as_bytes()).unwrap();
            assert_eq!(page.with_head("NEW"), "<html><head>NEW</head><body></body>", "{html}");
        }
    }

    #[test]
    fn what_is_no_page_is_not_cut() {
        let title_in_body = "<head></head><body><svg><title>a</title></svg></body>";
        for html in ["", "<title>a</title>", title_in_body, "<head><title>a</head>", "</title><title></head>"] {
            assert_eq!(Page::cut(html.as_bytes()), None, "{html}");
        }
        assert_eq!(Page::cut(b"<head><title>\xff</title></head>"), None);
    }

    #[tokio::test]
    async fn a_page_is_asked_for_again_after_a_while_by_its_tag() {
        let start = Instant::now();
        let mut kept = None;
        let first = current(&mut kept, start, async |etag| {
            assert_eq!(etag, None);
            changed(SMALL, "\"1\"")
        });
        let first = first.await.unwrap();
        let again = current(&mut kept, start + FRESH / 2, async |_| panic!("it is fresh")).await.unwrap();
        assert_eq!(again, first);
        let unchanged = current(&mut kept, start + FRESH, async |etag| {
            assert_eq!(etag.as_deref(), Some("\"1\""));
            Ok(Fresh::Unchanged)
        });
        assert_eq!(unchanged.await.unwrap(), first);
        let new = current(&mut kept, start + FRESH * 2, async |_| changed("<head><title>2</title></head>", "\"2\""));
        assert_eq!(new.await.unwrap().with_more(""), "<head><title>2</title></head>");
    }

    #[tokio::test]
    async fn a_page_that_cannot_be_read_again_is_shown_as_it_was() {
        let start = Instant::now();
        let broken = async |_| Err(PortError::new("objects", PortErrorKind::Unavailable, "down"));
        let mut kept = None;
        let never = current(&mut kept, start, broken).await;
        assert!(matches!(never, Err(Error::Unavailable { .. })), "{never:?}");
        let first = current(&mut kept, start, async |_| changed(SMALL, "\"1\"")).await.unwrap();
        assert_eq!(current(&mut kept, start + FRESH, broken).await.unwrap(), first);
        let no_page = current(&mut kept, start + FRESH * 2, async |_| changed("<p>", "\"2\"")).await;
        assert_eq!(no_page.unwrap(), first);
    }
}
