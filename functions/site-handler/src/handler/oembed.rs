//! oEmbed (oembed.com, version 1.0): how other sites embed what a page of ours shows.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use skylark_api::operations::site::{OEmbed, OEmbedQuery};
use skylark_api::problem::{Problem, Result};
use skylark_api::query::Parameters;
use skylark_domain::Error;
use skylark_domain::preview::Preview;
use url::Url;

use super::Site;
use super::card::{SITE_NAME, frame};
use super::links::Links;
use super::markup::iframe;

/// Seconds for which an answer may be kept: titles and pictures change.
const CACHE_AGE: u32 = 300;

pub(super) async fn answer(State(site): State<Site>, Parameters(query): Parameters<OEmbedQuery>) -> Result<Response> {
    if query.format.as_deref().is_some_and(|format| format != "json") {
        return Err(Problem::format_not_implemented());
    }
    let page = Url::parse(&query.url).map_err(|_| Problem::bad_parameter("url", "must be a URL"))?;
    let subject = site.links.subject(&page).ok_or(Error::NotFound { what: "page" })?;
    let found = site.previews.of(subject).await;
    // What kind of thing is missing there is nobody's business.
    let preview = found.map_err(|error| match error {
        Error::NotFound { .. } => Error::NotFound { what: "page" },
        other => other,
    })?;
    let bounds = (query.maxwidth.map(u32::from), query.maxheight.map(u32::from));
    Ok(([(header::CACHE_CONTROL, "public, max-age=60")], Json(embedding(preview, bounds, &site.links))).into_response())
}

/// Of a preview, at most as large as the bounds.
fn embedding(preview: Preview, (max_width, max_height): (Option<u32>, Option<u32>), links: &Links) -> OEmbed {
    let (width, height) = frame(&preview, max_width, max_height);
    let is_within = |(width, height): &(u32, u32)| {
        max_width.is_none_or(|most| *width <= most) && max_height.is_none_or(|most| *height <= most)
    };
    // All three of a thumbnail's fields go together, and it obeys the bounds too.
    let thumbnail = preview.picture.as_ref().and_then(|picture| Some((picture, picture.size.filter(is_within)?)));
    OEmbed {
        kind: "video",
        version: "1.0",
        author_url: preview.author.as_ref().map(|author| links.user(&author.username)),
        author_name: preview.author.as_ref().map(|author| author.name.clone()),
        provider_name: SITE_NAME,
        provider_url: links.site().to_owned(),
        cache_age: CACHE_AGE,
        thumbnail_url: thumbnail.map(|(picture, _)| links.media(&picture.key)),
        thumbnail_width: thumbnail.map(|(_, (width, _))| width),
        thumbnail_height: thumbnail.map(|(_, (_, height))| height),
        html: iframe(preview.subject, &preview.title, (width, height), links),
        width,
        height,
        title: preview.title,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::card::tests::{stream, video};
    use super::*;

    fn told(preview: Preview, bounds: (Option<u32>, Option<u32>)) -> Value {
        let links = Links::new("https://sky.example".to_owned(), "https://sky.example/media".to_owned());
        serde_json::to_value(embedding(preview, bounds, &links)).unwrap()
    }

    #[test]
    fn an_answer_has_the_fields_of_the_specification() {
        let mut told = told(video("Tides"), (None, None));
        let html = told["html"].take();
        assert!(html.as_str().is_some_and(|html| html.contains("width=\"1280\" height=\"720\"")), "{html}");
        let expected = json!({
            "type": "video", "version": "1.0", "title": "Tides", "author_name": "Ada L.",
            "author_url": "https://sky.example/u/ada", "provider_name": "Skylark",
            "provider_url": "https://sky.example", "cache_age": 300, "html": null, "width": 1280, "height": 720,
            "thumbnail_url": "https://sky.example/media/videos/u/v/thumbnails/poster.jpg",
            "thumbnail_width": 640, "thumbnail_height": 360,
        });
        assert_eq!(told, expected);
    }

    #[test]
    fn frame_and_thumbnail_obey_the_bounds() {
        let small = told(video("Tides"), (Some(639), None));
        assert_eq!((&small["width"], &small["height"]), (&json!(639), &json!(359)));
        assert!(small.get("thumbnail_url").is_none() && small.get("thumbnail_width").is_none(), "{small}");
        assert_eq!(told(video("Tides"), (Some(640), Some(360)))["thumbnail_width"], 640);
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let told = told(Preview { author: None, ..stream("Live") }, (None, None));
        for absent in ["author_name", "author_url", "thumbnail_url", "thumbnail_width", "thumbnail_height"] {
            assert!(told.get(absent).is_none(), "{absent} in {told}");
        }
    }
}
