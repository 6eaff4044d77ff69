//! What a page is about, for search engines: JSON-LD with schema.org's VideoObject.

use serde_json::{Value, json};
use skylark_domain::preview::Preview;

use super::card::description;
use super::links::Links;

/// What `preview` is about, as it may stand in a script element.
pub(super) fn script(preview: &Preview, links: &Links) -> String {
    script_safe(&video_object(preview, links))
}

fn video_object(preview: &Preview, links: &Links) -> Value {
    let mut about = json!({
        "@context": "https://schema.org",
        "@type": "VideoObject",
        "name": preview.title,
        "description": description(preview),
        "url": links.page(preview.subject),
        "embedUrl": links.embed(preview.subject),
        "uploadDate": preview.published_at,
    });
    if let Some(picture) = &preview.picture {
        about["thumbnailUrl"] = json!([links.media(&picture.key)]);
    }
    if let Some(duration) = preview.duration_ms {
        about["duration"] = json!(format!("PT{}S", duration.div_ceil(1000)));
    }
    if let Some(author) = &preview.author {
        about["author"] = json!({ "@type": "Person", "name": author.name, "url": links.user(&author.username) });
    }
    // Search engines want a beginning; a stream that nobody has announced has none yet.
    if let Some(broadcast) = preview.broadcast
        && let Some(starts_at) = broadcast.starts_at
    {
        // True also of what has been live: the dates say when.
        about["publication"] = json!({ "@type": "BroadcastEvent", "isLiveBroadcast": true, "startDate": starts_at });
        if let Some(ends_at) = broadcast.ends_at {
            about["publication"]["endDate"] = json!(ends_at);
        }
    }
    about
}

/// JSON that no parser of HTML takes for the end of a script or the beginning of a comment in one. These characters stand
/// in texts only, where JSON has another way to write them.
fn script_safe(value: &Value) -> String {
    let mut safe = String::new();
    for character in value.to_string().chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => safe.push_str(&format!("\\u{:04x}", u32::from(character))),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::super::card::tests::{HOSTILE, stream};
    use super::*;

    #[test]
    fn a_script_holds_nothing_that_html_or_old_javascript_reads_otherwise() {
        for hostile in HOSTILE {
            let safe = script_safe(&json!({ hostile: hostile }));
            let found = safe.find(['<', '>', '&', '\u{2028}', '\u{2029}']);
            assert_eq!(found, None, "{safe}");
            assert_eq!(serde_json::from_str::<Value>(&safe).unwrap()[hostile], hostile);
        }
    }

    #[test]
    fn a_stream_says_when_it_is_live() {
        let links = Links::new("https://sky.example".to_owned(), "https://sky.example/media".to_owned());
        let about = |preview: &Preview| video_object(preview, &links)["publication"].clone();
        let mut preview = stream("Live");
        let started = json!({
            "@type": "BroadcastEvent", "isLiveBroadcast": true, "startDate": "2026-11-20T10:00:00Z",
        });
        assert_eq!(about(&preview), started);
        preview.broadcast.as_mut().unwrap().ends_at = "2026-11-20T11:00:00Z".parse().ok();
        assert_eq!(about(&preview)["endDate"], "2026-11-20T11:00:00Z");
        preview.broadcast.as_mut().unwrap().starts_at = None;
        assert_eq!(about(&preview), Value::Null, "nobody knows when");
    }
}
