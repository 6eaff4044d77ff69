//! What stands in the head of a page of something: for search engines, and for programs that show links as cards.
//! Titles are anybody's words: [`maud`] escapes whatever it is given, and `json_ld` what stands in a script.

use maud::{PreEscaped, html};
use skylark_domain::preview::{Preview, Subject};

use super::card::{SITE_NAME, description, frame};
use super::json_ld;
use super::links::Links;

/// The head of the page of `preview`: title, description, canonical link, OpenGraph (ogp.me), Twitter's player card,
/// oEmbed discovery (oembed.com) and JSON-LD (schema.org's VideoObject).
pub(super) fn head(preview: &Preview, links: &Links) -> String {
    let (title, description) = (&preview.title, description(preview));
    let (page, embed, oembed) =
        (links.page(preview.subject), links.embed(preview.subject), links.oembed(preview.subject));
    let (width, height) = frame(preview, None, None);
    let picture = preview.picture.as_ref().map(|picture| (links.media(&picture.key), picture.size));
    let about = json_ld::script(preview, links);
    let head = html! {
        title { (title) " · " (SITE_NAME) }
        meta name="description" content=(description);
        @if !preview.is_listed {
            (no_index())
        }
        link rel="canonical" href=(page);
        link rel="alternate" type="application/json+oembed" href=(oembed) title=(title);
        meta property="og:site_name" content=(SITE_NAME);
        meta property="og:type" content="video.other";
        meta property="og:title" content=(title);
        meta property="og:description" content=(description);
        meta property="og:url" content=(page);
        @if let Some((url, size)) = &picture {
            meta property="og:image" content=(url);
            @if let Some((width, height)) = size {
                meta property="og:image:width" content=(width);
                meta property="og:image:height" content=(height);
            }
            meta property="og:image:alt" content=(title);
        }
        meta property="og:video" content=(embed);
        meta property="og:video:type" content="text/html";
        meta property="og:video:width" content=(width);
        meta property="og:video:height" content=(height);
        @if let Some(duration) = preview.duration_ms {
            meta property="video:duration" content=(duration.div_ceil(1000));
        }
        meta property="video:release_date" content=(preview.published_at);
        meta name="twitter:card" content="player";
        meta name="twitter:title" content=(title);
        meta name="twitter:description" content=(description);
        @if let Some((url, _)) = &picture {
            meta name="twitter:image" content=(url);
        }
        meta name="twitter:player" content=(embed);
        meta name="twitter:player:width" content=(width);
        meta name="twitter:player:height" content=(height);
        script type="application/ld+json" { (PreEscaped(about)) }
    };
    head.into_string()
}

/// What keeps a page out of search engines.
pub(super) fn no_index() -> PreEscaped<String> {
    html! { meta name="robots" content="noindex"; }
}

/// What other pages put themselves to show `subject`.
pub(super) fn iframe(subject: Subject, title: &str, (width, height): (u32, u32), links: &Links) -> String {
    let frame = html! {
        iframe src=(links.embed(subject)) width=(width) height=(height) title=(title) frameborder="0"
            allow="autoplay; fullscreen; picture-in-picture" allowfullscreen {}
    };
    frame.into_string()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::card::tests::{HOSTILE, stream, video};
    use super::*;

    fn links() -> Links {
        Links::new("https://sky.example".to_owned(), "https://sky.example/media".to_owned())
    }

    /// The text between `start` and `end`, which must both be there, the first only once.
    fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
        assert_eq!(text.matches(start).count(), 1, "{start} in {text}");
        text.split_once(start).and_then(|(_, rest)| rest.split_once(end)).unwrap().0
    }

    fn unescaped(text: &str) -> String {
        text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
    }

    #[test]
    fn whatever_a_title_says_it_stays_a_title() {
        let tags = |head: &str| head.matches('<').count();
        let plain = tags(&head(&video("Tides"), &links()));
        for hostile in HOSTILE {
            let mut preview = video(hostile);
            preview.description = Some(hostile.to_owned());
            preview.author.as_mut().unwrap().name = hostile.to_owned();
            let head = head(&preview, &links());
            // Not one tag or comment more, and no attribute that ends early.
            assert_eq!(tags(&head), plain, "{head}");
            assert_eq!(unescaped(between(&head, "<title>", " · Skylark</title>")), hostile, "{head}");
            let attribute = between(&head, "<meta property=\"og:title\" content=\"", "\">");
            assert_eq!(unescaped(attribute), hostile, "{head}");
            let about: Value =
                serde_json::from_str(between(&head, "<script type=\"application/ld+json\">", "</script>")).unwrap();
            assert_eq!(about["name"], hostile);
            assert_eq!(about["@type"], "VideoObject");
            assert_eq!(about["author"]["name"], hostile);
        }
    }

    #[test]
    fn a_frame_holds_its_title_whatever_it_is() {
        for hostile in HOSTILE {
            let frame = iframe(video("").subject, hostile, (640, 360), &links());
            assert_eq!(frame.matches('<').count(), 2, "{frame}");
            assert_eq!(unescaped(between(&frame, "title=\"", "\" frameborder")), hostile);
        }
        let frame = iframe(stream("").subject, "Tides", (640, 360), &links());
        let start =
            "<iframe src=\"https://sky.example/embed/str_01kae2tkwsf9nbzbwh9xdbc2nn\" width=\"640\" height=\"360\"";
        assert!(frame.starts_with(start), "{frame}");
        assert!(frame.contains("allow=\"autoplay; fullscreen; picture-in-picture\""), "{frame}");
    }

    #[test]
    fn a_video_says_where_it_plays_and_how_long() {
        let head = head(&video("Tides"), &links());
        let id = "vid_01kae2tkwsf9nbzbwh9xdbc2nn";
        for part in [
            "<title>Tides · Skylark</title>".to_owned(),
            "<meta name=\"description\" content=\"Waves, and more waves.\">".to_owned(),
            format!("<link rel=\"canonical\" href=\"https://sky.example/watch/{id}\">"),
            format!(
                "type=\"application/json+oembed\" href=\"https://sky.example/oembed?url=https%3A%2F%2Fsky.example%2Fwatch%2F{id}\""
            ),
            "<meta property=\"og:image\" content=\"https://sky.example/media/videos/u/v/thumbnails/poster.jpg\">"
                .to_owned(),
            format!("<meta property=\"og:video\" content=\"https://sky.example/embed/{id}\">"),
            "<meta property=\"og:video:width\" content=\"1280\">".to_owned(),
            "<meta property=\"video:duration\" content=\"62\">".to_owned(),
            "<meta name=\"twitter:card\" content=\"player\">".to_owned(),
            "\"duration\":\"PT62S\"".to_owned(),
        ] {
            assert!(head.contains(&part), "{part} in {head}");
        }
        assert!(!head.contains("noindex") && !head.contains("publication"), "{head}");
    }

    #[test]
    fn what_is_unlisted_is_not_indexed() {
        let preview = Preview { is_listed: false, ..video("Tides") };
        let head = head(&preview, &links());
        assert!(head.contains("<meta name=\"robots\" content=\"noindex\">") && head.contains("og:title"), "{head}");
    }
}
