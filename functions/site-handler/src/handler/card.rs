//! What is said of a preview in every language that programs read: its words and its sizes.

use skylark_domain::preview::Preview;

/// The name of this site.
pub(super) const SITE_NAME: &str = "Skylark";
/// The largest frame that is proposed, in pixels.
const LARGEST: (u32, u32) = (1280, 720);
/// The most characters of a description: search engines and cards cut it there or before.
const MAX_DESCRIPTION: usize = 300;

/// A description in one line.
pub(super) fn description(preview: &Preview) -> String {
    let words = preview.description.as_deref().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    if words.is_empty() {
        let kind = if preview.broadcast.is_some() { "A live stream" } else { "A video" };
        return match &preview.author {
            Some(author) => format!("{kind} by {} on {SITE_NAME}.", author.name),
            None => format!("{kind} on {SITE_NAME}."),
        };
    }
    match words.char_indices().nth(MAX_DESCRIPTION) {
        Some((end, _)) => format!("{}…", words[..end].trim_end()),
        None => words,
    }
}

/// Width and height of a frame with the picture's proportions that is at most as large as asked.
pub(super) fn frame(preview: &Preview, max_width: Option<u32>, max_height: Option<u32>) -> (u32, u32) {
    let (width, height) = preview.frame.filter(|(width, height)| *width > 0 && *height > 0).unwrap_or(LARGEST);
    let most_width = max_width.map_or(LARGEST.0, |most| most.min(LARGEST.0));
    let most_height = max_height.map_or(LARGEST.1, |most| most.min(LARGEST.1));
    // What is left of the wider side after the other one has been filled, at least a pixel.
    let scaled = |side: u32, most: u32, other: u32| {
        u32::try_from(u64::from(side) * u64::from(most) / u64::from(other)).unwrap_or(u32::MAX).max(1)
    };
    let width_of_height = scaled(width, most_height, height);
    if width_of_height <= most_width {
        (width_of_height, most_height)
    } else {
        (most_width, scaled(height, most_width, width))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use skylark_domain::preview::{Author, Broadcast, Picture, Subject};

    use super::*;

    /// What people may call a video to break out of where its title stands.
    pub(in super::super) const HOSTILE: [&str; 17] = [
        "</title><script>alert(1)</script>",
        "</script><script>alert(1)</script>",
        "</SCRIPT ><img src=x onerror=alert(1)>",
        "<!--<script>",
        "--><svg onload=alert(1)>",
        "]]><x>",
        "\" onmouseover=\"alert(1)",
        "' onmouseover='alert(1)",
        "`onmouseover=alert(1)",
        "\"><meta http-equiv=refresh content=0;url=//evil.example>",
        "\"},\"@type\":\"Person\",\"x\":{\"y\":\"",
        "\\\"\\u003c/script\\u003e",
        "&lt;script&gt; &amp;quot; &#60; &",
        "line\u{2028}separator\u{2029}s",
        "tab\tnew\nline\r\u{0}nul",
        "${7*7} {{7*7}} <%= 7 %>",
        "\u{202e}txt.exe\u{feff} 🌊",
    ];

    /// A public video called `title`.
    pub(in super::super) fn video(title: &str) -> Preview {
        Preview {
            subject: Subject::of_id("vid_01kae2tkwsf9nbzbwh9xdbc2nn").unwrap(),
            title: title.to_owned(),
            description: Some("Waves,\nand more waves.".to_owned()),
            author: Some(Author { username: "ada".to_owned(), name: "Ada L.".to_owned() }),
            is_listed: true,
            picture: Some(Picture { key: "videos/u/v/thumbnails/poster.jpg".to_owned(), size: Some((640, 360)) }),
            frame: Some((1920, 1080)),
            duration_ms: Some(61_500),
            published_at: "2026-11-20T10:00:00Z".parse().unwrap(),
            broadcast: None,
        }
    }

    /// A public stream that began at ten.
    pub(in super::super) fn stream(title: &str) -> Preview {
        let starts_at = "2026-11-20T10:00:00Z".parse().ok();
        Preview {
            subject: Subject::of_id("str_01kae2tkwsf9nbzbwh9xdbc2nn").unwrap(),
            picture: None,
            frame: None,
            duration_ms: None,
            broadcast: Some(Broadcast { starts_at, ends_at: None }),
            ..video(title)
        }
    }

    #[test]
    fn a_description_is_one_line_that_ends() {
        let mut preview = video("Tides");
        assert_eq!(description(&preview), "Waves, and more waves.");
        preview.description = Some("é".repeat(2000));
        assert_eq!(description(&preview).chars().count(), MAX_DESCRIPTION + 1);
        preview.description = Some(" \n\t ".to_owned());
        assert_eq!(description(&preview), "A video by Ada L. on Skylark.");
        let nobodys = Preview { author: None, description: None, ..stream("Live") };
        assert_eq!(description(&nobodys), "A live stream on Skylark.");
    }

    #[test]
    fn a_frame_keeps_its_proportions_within_what_is_asked() {
        let of = |frame, width, height| super::frame(&Preview { frame, ..video("") }, width, height);
        assert_eq!(of(Some((1920, 1080)), None, None), (1280, 720));
        assert_eq!(of(None, None, None), (1280, 720));
        assert_eq!(of(Some((1920, 1080)), Some(640), None), (640, 360));
        assert_eq!(of(Some((1920, 1080)), Some(4000), Some(90)), (160, 90));
        assert_eq!(of(Some((1080, 1920)), None, None), (405, 720));
        assert_eq!(of(Some((1080, 1920)), Some(9), None), (9, 16));
        assert_eq!(of(Some((1920, 1080)), Some(1), Some(1)), (1, 1));
        assert_eq!(of(Some((u32::MAX, 1)), None, None), (1280, 1));
        assert_eq!(of(Some((1, u32::MAX)), None, None), (1, 720));
        assert_eq!(of(Some((0, 0)), Some(640), None), (640, 360));
    }
}
