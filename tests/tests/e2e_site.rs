//! What programs that know nothing of the app are told of its pages: search engines, chats that show links as cards, other
//! sites that embed a video.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use skylark_tests::{Encoder, Person, Stack, media, problem_code};

/// A title that would break out of wherever it is put.
const TITLE: &str = "</script></title><img src=x onerror=alert(1)> \"Tides\" & 'more' <!--";
/// Ids of nothing.
const NO_VIDEO: &str = "vid_01kae2tkwsf9nbzbwh9xdbc2nn";
const NO_STREAM: &str = "str_01kae2tkwsf9nbzbwh9xdbc2nn";

/// A page as programs get it.
struct Page {
    status: StatusCode,
    headers: HeaderMap,
    html: String,
}

impl Page {
    async fn get(url: &str) -> Result<Self> {
        let answer = reqwest::get(url).await?;
        Ok(Self { status: answer.status(), headers: answer.headers().clone(), html: answer.text().await? })
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// What stands between two pieces of the page, unescaped.
    fn between(&self, start: &str, end: &str) -> Result<String> {
        ensure!(self.html.matches(start).count() == 1, "{start} is not there once: {}", self.html);
        let rest = self.html.split_once(start).context("no start")?.1;
        let text = rest.split_once(end).with_context(|| format!("no {end} after {start}"))?.0;
        Ok(text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&"))
    }

    /// The content of `<meta property="og:title" ...>` or `<meta name="robots" ...>`.
    fn meta(&self, kind: &str, name: &str) -> Result<String> {
        self.between(&format!("<meta {kind}=\"{name}\" content=\""), "\">")
    }

    fn json_ld(&self) -> Result<Value> {
        let text = self.html.split_once("<script type=\"application/ld+json\">").context("no JSON-LD")?.1;
        Ok(serde_json::from_str(text.split_once("</script>").context("no end")?.0)?)
    }
}

fn field<'a>(value: &'a Value, name: &str) -> Result<&'a str> {
    value[name].as_str().with_context(|| format!("no {name} in {value}"))
}

/// The address of oEmbed with these parameters.
fn oembed_of(front: &str, query: &[(&str, &str)]) -> Result<reqwest::Url> {
    Ok(reqwest::Url::parse_with_params(&format!("{front}/oembed"), query)?)
}

#[tokio::test]
async fn a_link_to_a_video_tells_what_it_shows() -> Result<()> {
    let stack = Stack::shared();
    let ada = Person::register(stack).await?;
    let front = stack.url("front");
    let dir = tempfile::tempdir()?;
    let movie = media::movie(&dir.path().join("tides.mp4"), 640, 360, 2)?;
    let id = ada.upload(TITLE, "video/mp4", &movie).await?;
    let watch = format!("{front}/watch/{id}");
    // Nobody but its owner knows it before it plays.
    let unknown = Page::get(&format!("{front}/watch/{NO_VIDEO}")).await?;
    let early = Page::get(&watch).await?;
    assert_eq!((early.status, &early.html), (StatusCode::NOT_FOUND, &unknown.html));
    assert_eq!(ada.finished(&id).await?["status"], "READY");

    let page = Page::get(&watch).await?;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/html"), "{:?}", page.headers);
    assert_eq!(page.header("cache-control"), "public, max-age=0, s-maxage=10");
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"), "{:?}", page.headers);
    assert_eq!(page.between("<title>", "</title>")?, format!("{TITLE} · Skylark"));
    assert_eq!(page.meta("property", "og:title")?, TITLE);
    assert_eq!(page.meta("property", "og:type")?, "video.other");
    assert_eq!(page.meta("property", "og:url")?, watch);
    assert_eq!(page.meta("name", "description")?, format!("A video by {} on Skylark.", ada.username));
    assert_eq!(page.meta("name", "twitter:card")?, "player");
    assert_eq!(page.between("<link rel=\"canonical\" href=\"", "\">")?, watch);
    assert!(!page.html.contains("noindex"), "{}", page.html);
    let about = page.json_ld()?;
    assert_eq!((&about["@type"], &about["name"]), (&json!("VideoObject"), &json!(TITLE)));
    assert_eq!((&about["duration"], &about["publication"]), (&json!("PT2S"), &Value::Null), "{about}");

    // The app is there too, with everything it names.
    assert!(page.html.contains("<div id=\"root\"></div>"), "{}", page.html);
    let script = page.html.split("src=\"").filter_map(|rest| rest.split('"').next()).find(|path| path.ends_with(".js"));
    let script = reqwest::get(format!("{front}{}", script.context("the page has no script")?)).await?;
    assert_eq!(script.status(), 200);
    assert_eq!(script.headers()["cache-control"], "public, max-age=31536000, immutable");

    // Every address that is told leads somewhere.
    let picture = reqwest::get(page.meta("property", "og:image")?).await?;
    assert_eq!((picture.status(), &picture.headers()["content-type"]), (StatusCode::OK, &"image/jpeg".parse()?));
    let player = page.meta("property", "og:video")?;
    assert_eq!(
        (player.as_str(), page.meta("name", "twitter:player")?),
        (&*format!("{front}/embed/{id}"), player.clone())
    );
    let embed = Page::get(&player).await?;
    assert_eq!((embed.status, embed.meta("property", "og:url")?), (StatusCode::OK, watch.clone()));
    let policy = embed.header("content-security-policy");
    assert!(policy.contains("frame-ancestors *;") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(embed.header("x-frame-options"), "");

    let oembed = page.between("<link rel=\"alternate\" type=\"application/json+oembed\" href=\"", "\" title")?;
    let answer = reqwest::get(&oembed).await?;
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    let told: Value = answer.json().await?;
    assert_eq!((&told["type"], &told["version"], &told["title"]), (&json!("video"), &json!("1.0"), &json!(TITLE)));
    assert_eq!((&told["author_name"], &told["provider_name"]), (&json!(ada.username), &json!("Skylark")));
    assert_eq!((&told["width"], &told["height"]), (&json!(1280), &json!(720)));
    let html = field(&told, "html")?;
    assert!(html.starts_with(&format!("<iframe src=\"{player}\"")) && html.matches('<').count() == 2, "{html}");
    assert_eq!(reqwest::get(field(&told, "thumbnail_url")?).await?.status(), 200);
    // `/videos/{id}` is the same page of the app, and localhost the same machine.
    let named = format!("{}/videos/{id}", front.replace("127.0.0.1", "localhost"));
    let small = reqwest::get(oembed_of(&front, &[("url", &named), ("maxwidth", "320")])?).await?;
    let small: Value = small.json().await?;
    assert_eq!((&small["width"], &small["height"]), (&json!(320), &json!(180)), "{small}");

    let head = reqwest::Client::new().head(&watch).send().await?;
    assert_eq!(
        (head.status(), head.headers()["content-type"].to_str()?),
        (StatusCode::OK, page.header("content-type"))
    );
    assert_eq!(head.text().await?, "");

    // One who may only be found by link is not for search engines; one who is gone never was.
    let path = format!("/api/v1/videos/{id}");
    let unlisted = ada.request(Method::PATCH, &path).header("if-match", "*").json(&json!({ "visibility": "UNLISTED" }));
    assert_eq!(unlisted.send().await?.status(), 200);
    let page = Page::get(&watch).await?;
    assert_eq!(
        (page.meta("name", "robots")?.as_str(), page.meta("property", "og:title")?.as_str()),
        ("noindex", TITLE)
    );
    assert_eq!(ada.request(Method::DELETE, &path).send().await?.status(), 204);
    let gone = Page::get(&watch).await?;
    assert_eq!((gone.status, gone.html), (StatusCode::NOT_FOUND, unknown.html));
    assert_eq!(reqwest::get(&oembed).await?.status(), 404);
    Ok(())
}

#[tokio::test]
async fn a_link_to_a_stream_tells_when_it_is_live() -> Result<()> {
    let stack = Stack::shared();
    let bo = Person::register(stack).await?;
    let front = stack.url("front");
    let stream = bo.stream_with(json!({ "title": TITLE, "description": "Every  morning.\nAt seven." })).await?;
    let page_url = format!("{front}/live/{}", field(&stream, "id")?);
    let before = Page::get(&page_url).await?;
    assert_eq!(before.meta("property", "og:description")?, "Every morning. At seven.");
    assert_eq!(before.json_ld()?["publication"], Value::Null, "nobody knows when it begins");

    let encoder = Encoder::publish(&bo.key_of(&stream).await?.address())?;
    let live = bo.stream_is(&stream, "LIVE").await?;
    let began = Instant::now();
    // The picture comes with the recording.
    let page = loop {
        let page = Page::get(&page_url).await?;
        if page.html.contains("\"og:image\"") {
            break page;
        }
        ensure!(began.elapsed() < Duration::from_secs(60), "no picture: {}", page.html);
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let publication = page.json_ld()?["publication"].clone();
    let started: jiff::Timestamp = field(&publication, "startDate")?.parse()?;
    let expected: jiff::Timestamp = field(&live, "startedAt")?.parse()?;
    assert_eq!((started, &publication["isLiveBroadcast"], publication.get("endDate")), (expected, &json!(true), None));
    let embed = Page::get(&page.meta("property", "og:video")?).await?;
    assert_eq!((embed.status, embed.meta("property", "og:url")?), (StatusCode::OK, page_url.clone()));
    let told = reqwest::get(oembed_of(&front, &[("url", &page_url)])?).await?;
    assert_eq!(told.json::<Value>().await?["title"], TITLE);

    let (status, _) = bo.act(&stream, "stop").await?;
    assert_eq!(status, 202);
    encoder.kill()?;
    bo.stream_is(&stream, "ENDED").await?;
    let over = Page::get(&page_url).await?.json_ld()?["publication"].clone();
    assert!(over["endDate"].is_string() && over["startDate"] == publication["startDate"], "{over}");
    Ok(())
}

#[tokio::test]
async fn what_not_everybody_may_see_is_the_page_of_what_is_not_there() -> Result<()> {
    let stack = Stack::shared();
    let cy = Person::register(stack).await?;
    let front = stack.url("front");
    let secret = cy.stream_with(json!({ "title": "Secret meeting", "visibility": "PRIVATE" })).await?;
    let secret = field(&secret, "id")?;
    let open = cy.stream_with(json!({ "title": "By link", "visibility": "UNLISTED" })).await?;
    let open = field(&open, "id")?;
    let nothing = Page::get(&format!("{front}/live/{NO_STREAM}")).await?;
    assert_eq!((nothing.status, nothing.header("cache-control")), (StatusCode::NOT_FOUND, "no-store"));
    assert_eq!(nothing.meta("name", "robots")?, "noindex");
    assert_eq!(nothing.between("<title>", "</title>")?, "Skylark");
    assert!(nothing.html.contains("<div id=\"root\"></div>") && !nothing.html.contains("og:"), "{}", nothing.html);
    for path in [
        format!("/live/{secret}"),
        format!("/embed/{secret}"),
        format!("/watch/{secret}"),
        format!("/watch/{open}"),
        format!("/live/{NO_VIDEO}"),
        format!("/live/{open}/more"),
        format!("/live/{open}%20"),
        "/watch/%2e%2e%2findex.html".to_owned(),
        "/embed/%00".to_owned(),
        "/embed/%ff".to_owned(),
        format!("/embed/{}", "a".repeat(4000)),
    ] {
        let page = Page::get(&format!("{front}{path}")).await?;
        assert_eq!((page.status, &page.html), (StatusCode::NOT_FOUND, &nothing.html), "{path}");
    }
    // Its owner's token makes no difference: such a page could be cached for everybody.
    let own = cy.request(Method::GET, &format!("/live/{secret}")).send().await?;
    assert_eq!(own.status(), 404);
    let page = Page::get(&format!("{front}/live/{open}")).await?;
    assert_eq!((page.status, page.meta("name", "robots")?.as_str()), (StatusCode::OK, "noindex"));
    assert_eq!(page.meta("property", "og:title")?, "By link");

    let oembed = async |query: &[(&str, &str)]| -> Result<(u16, String)> {
        let answer = reqwest::get(oembed_of(&front, query)?).await?;
        ensure!(answer.headers().get("access-control-allow-origin").is_some_and(|origin| origin == "*"));
        let status = answer.status().as_u16();
        Ok((status, if status == 200 { String::new() } else { problem_code(answer).await? }))
    };
    let not_found = (404, "not-found".to_owned());
    for url in [
        format!("{front}/live/{secret}"),
        format!("{front}/live/{NO_STREAM}"),
        format!("{front}/watch/{open}"),
        format!("{front}/"),
        format!("https://elsewhere.example/live/{open}"),
    ] {
        assert_eq!(oembed(&[("url", &url)]).await?, not_found, "{url}");
    }
    let page = format!("{front}/streams/{open}");
    assert_eq!(oembed(&[("url", &page), ("format", "json"), ("unknown", "1")]).await?.0, 200);
    assert_eq!(oembed(&[("url", &page), ("format", "xml")]).await?, (501, "format-not-implemented".to_owned()));
    let invalid = (400, "validation".to_owned());
    for query in [
        &[("url", "no url")][..],
        &[("maxwidth", "1")],
        &[],
        &[("url", &page), ("maxwidth", "0")],
        &[("url", &page), ("maxheight", "-1")],
        &[("url", &page), ("maxwidth", "99999999999")],
        &[("url", &page), ("url", &page)],
    ] {
        assert_eq!(oembed(query).await?, invalid, "{query:?}");
    }
    Ok(())
}

#[tokio::test]
async fn answers_of_functions_have_the_headers_that_cloudfront_adds() -> Result<()> {
    let front = Stack::shared().url("front");
    for path in ["/", "/api/v1/videos", "/health", "/api/v1/nothing"] {
        let page = Page::get(&format!("{front}{path}")).await?;
        let policy = page.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(page.header("referrer-policy"), "no-referrer", "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn text_is_compressed_for_those_who_take_it() -> Result<()> {
    let front = Stack::shared().url("front");
    let client = reqwest::Client::new();
    let get = |path: &str| client.get(format!("{front}{path}")).header("accept-encoding", "gzip").send();
    let document = get("/api/v1/openapi.json").await?;
    assert_eq!(document.headers()["content-encoding"], "gzip");
    let packed = document.bytes().await?;
    let mut unpacked = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&packed[..]), &mut unpacked)?;
    let golden = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json"))?;
    assert_eq!(serde_json::from_str::<Value>(&unpacked)?, serde_json::from_slice::<Value>(&golden)?);
    // Small answers are left as they are.
    assert!(!get("/health/live").await?.headers().contains_key("content-encoding"));
    Ok(())
}
