//! Absolute addresses on this site, and what addresses on it are about.

use skylark_domain::preview::Subject;
use url::{Host, Url};

/// Where things are.
#[derive(Debug)]
pub(crate) struct Links {
    site: String,
    media: String,
}

impl Links {
    /// On the site at `site` with its media below `media`, both without a slash at their ends.
    pub(crate) fn new(site: String, media: String) -> Self {
        Self { site, media }
    }

    pub(super) fn site(&self) -> &str {
        &self.site
    }

    /// The page that shows something.
    pub(super) fn page(&self, subject: Subject) -> String {
        match subject {
            Subject::Video(id) => format!("{}/watch/{id}", self.site),
            Subject::Stream(id) => format!("{}/live/{id}", self.site),
        }
    }

    /// The page that other pages show in a frame.
    pub(super) fn embed(&self, subject: Subject) -> String {
        match subject {
            Subject::Video(id) => format!("{}/embed/{id}", self.site),
            Subject::Stream(id) => format!("{}/embed/{id}", self.site),
        }
    }

    /// Where oEmbed tells of something.
    pub(super) fn oembed(&self, subject: Subject) -> String {
        let page = self.page(subject);
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("url", &page).finish();
        format!("{}/oembed?{query}", self.site)
    }

    /// The page of a user.
    pub(super) fn user(&self, username: &str) -> String {
        format!("{}/u/{username}", self.site)
    }

    /// An object of the media bucket.
    pub(super) fn media(&self, key: &str) -> String {
        format!("{}/{key}", self.media)
    }

    /// What a page of this site is about; `None` for other sites and other pages.
    pub(super) fn subject(&self, page: &Url) -> Option<Subject> {
        let is_here = Url::parse(&self.site).is_ok_and(|site| is_same_origin(&site, page));
        let mut segments = page.path_segments().filter(|_| is_here)?;
        let (kind, id, None) = (segments.next()?, segments.next()?, segments.next()) else { return None };
        match kind {
            "watch" | "videos" => id.parse().map(Subject::Video).ok(),
            "live" | "streams" => id.parse().map(Subject::Stream).ok(),
            _ => None,
        }
    }
}

/// Every loopback name is the same machine: people type either.
fn is_same_origin(one: &Url, other: &Url) -> bool {
    let is_loopback = |url: &Url| match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    let is_same_host = one.host() == other.host() || (is_loopback(one) && is_loopback(other));
    is_same_host && one.scheme() == other.scheme() && one.port_or_known_default() == other.port_or_known_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIDEO: &str = "vid_01kae2tkwsf9nbzbwh9xdbc2nn";
    const STREAM: &str = "str_01kae2tkwsf9nbzbwh9xdbc2nn";

    fn subject(site: &str, page: &str) -> Option<String> {
        let links = Links::new(site.to_owned(), "https://media.example".to_owned());
        links.subject(&Url::parse(page).unwrap()).map(|subject| links.page(subject))
    }

    #[test]
    fn pages_of_this_site_are_about_what_their_path_says() {
        let site = "https://sky.example";
        let (video, stream) = (format!("{site}/watch/{VIDEO}"), format!("{site}/live/{STREAM}"));
        for page in [format!("{video}?t=3#x"), format!("{site}/videos/{VIDEO}"), format!("{site}:443/watch/{VIDEO}")] {
            assert_eq!(subject(site, &page).as_deref(), Some(video.as_str()), "{page}");
        }
        for page in [stream.clone(), format!("{site}/streams/{STREAM}")] {
            assert_eq!(subject(site, &page).as_deref(), Some(stream.as_str()), "{page}");
        }
    }

    #[test]
    fn other_sites_and_other_pages_are_about_nothing() {
        let site = "https://sky.example";
        for page in [
            format!("http://sky.example/watch/{VIDEO}"),
            format!("https://sky.example:8443/watch/{VIDEO}"),
            format!("https://sky.example.evil.example/watch/{VIDEO}"),
            format!("https://sky.example@evil.example/watch/{VIDEO}"),
            format!("{site}/watch/{STREAM}"),
            format!("{site}/live/{VIDEO}"),
            format!("{site}/watch/{VIDEO}/more"),
            format!("{site}/watch/{VIDEO}%00"),
            format!("{site}/{VIDEO}"),
            format!("{site}/"),
            "data:text/html,watch".to_owned(),
            "file:///watch/x".to_owned(),
        ] {
            assert_eq!(subject(site, &page), None, "{page}");
        }
    }

    #[test]
    fn a_laptop_has_several_names_but_one_port() {
        let site = "http://127.0.0.1:8080";
        for host in ["localhost", "127.0.0.1", "[::1]"] {
            assert!(subject(site, &format!("http://{host}:8080/watch/{VIDEO}")).is_some(), "{host}");
            assert!(subject(site, &format!("http://{host}:8081/watch/{VIDEO}")).is_none(), "{host}");
        }
        assert!(subject("https://sky.example", &format!("https://localhost/watch/{VIDEO}")).is_none());
    }
}
