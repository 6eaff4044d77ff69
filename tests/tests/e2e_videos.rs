//! A file becomes a video that plays: the whole path on the real binaries, with real media.

use reqwest::Method;
use serde_json::{Value, json};
use skylark_tests::{Person, Stack, media, problem_code};

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("no {field} in {value}"))
}

#[tokio::test]
async fn uploads_1080p_and_plays_three_renditions() {
    let stack = Stack::shared();
    let ada = Person::register(stack).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = media::movie(&dir.path().join("a.mp4"), 1920, 1080, 8).unwrap();
    let size = std::fs::metadata(&file).unwrap().len();
    let id = ada.upload("Tides", "video/mp4", &file).await.unwrap();
    let video = ada.finished(&id).await.unwrap();
    assert_eq!(video["status"], "READY", "{video}");
    assert_eq!((&video["title"], &video["resolution"]), (&json!("Tides"), &json!("1920x1080")));
    assert_eq!((&video["format"], &video["fileSize"]), (&json!("mp4"), &json!(size)));
    let duration = video["durationMs"].as_u64().unwrap();
    assert!((7900..=8200).contains(&duration), "{duration}");

    // Anybody may play it: the master playlist, each rendition, and what they hold.
    let http = reqwest::Client::new();
    let hls = text(&video, "hlsUrl");
    let master = http.get(hls).send().await.unwrap();
    assert_eq!(master.headers()["content-type"], "application/vnd.apple.mpegurl");
    assert_eq!(master.headers()["access-control-allow-origin"], "*");
    assert_eq!(master.headers()["cache-control"], "public, max-age=2");
    let master = master.text().await.unwrap();
    for (label, width, height) in [("1080p", 1920, 1080), ("720p", 1280, 720), ("360p", 640, 360)] {
        assert!(master.contains(&format!("RESOLUTION={width}x{height}\n{label}/playlist.m3u8\n")), "{master}");
        let playlist = hls.replace("master.m3u8", &format!("{label}/playlist.m3u8"));
        assert_eq!(media::probe(&playlist).unwrap(), (width, height, true), "{label}");
    }
    let played = media::probe(hls).unwrap();
    assert_eq!(played, (1920, 1080, true));

    let thumbnails = video["thumbnails"].as_array().unwrap();
    assert_eq!(thumbnails.len(), 8);
    assert_eq!((&thumbnails[7]["atMs"], &thumbnails[7]["width"]), (&json!(7000), &json!(640)));
    for url in [text(&video, "posterUrl"), text(&thumbnails[0], "url")] {
        let picture = http.get(url).send().await.unwrap();
        assert_eq!(picture.headers()["content-type"], "image/jpeg");
        assert!(picture.bytes().await.unwrap().starts_with(&[0xff, 0xd8]));
    }
    let first = hls.replace("master.m3u8", "360p/playlist_00001.ts");
    let part = http.get(&first).header("range", "bytes=0-187").send().await.unwrap();
    assert_eq!(part.status(), 206);
    assert_eq!(part.bytes().await.unwrap().len(), 188);
    let beyond = http.get(&first).header("range", "bytes=999999999-").send().await.unwrap();
    assert_eq!(beyond.status(), 416);

    // It is in the feed, with a card's fields, for nobody in particular.
    let feed = ada.anonymous(Method::GET, "/api/v1/videos?limit=100").send().await.unwrap();
    assert!(feed.headers()["cache-control"].to_str().unwrap().starts_with("public"));
    let feed: Value = feed.json().await.unwrap();
    let card = feed["items"].as_array().unwrap().iter().find(|card| card["id"] == id.as_str()).unwrap();
    assert_eq!((&card["durationMs"], &card["thumbnailUrl"]), (&video["durationMs"], &video["posterUrl"]));
    assert_eq!((&card["username"], &video["username"]), (&json!(ada.username), &json!(ada.username)));
}

#[tokio::test]
async fn portrait_and_silent_sources_keep_shape() {
    let stack = Stack::shared();
    let ada = Person::register(stack).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let portrait = media::movie(&dir.path().join("p.mp4"), 720, 1280, 2).unwrap();
    let turned = media::silent_movie(&dir.path().join("t.mp4"), 640, 360, 2).unwrap();
    media::turn_right(&turned).unwrap();
    let small = media::movie(&dir.path().join("s.mp4"), 320, 180, 2).unwrap();
    let webm = media::make(
        &dir.path().join("w.webm"),
        "-f lavfi -i testsrc2=size=640x480:rate=24:duration=2 -c:v libvpx -deadline realtime -cpu-used 8",
    )
    .unwrap();
    let cases = [
        (&portrait, "video/mp4", "720x1280", vec![(720, 1280, true), (360, 640, true)]),
        (&turned, "video/mp4", "360x640", vec![(360, 640, false)]),
        (&small, "video/quicktime", "320x180", vec![(320, 180, true)]),
        (&webm, "video/webm", "640x480", vec![(640, 480, false), (480, 360, false)]),
    ];
    let mut ids = Vec::new();
    for (file, kind, ..) in &cases {
        ids.push(ada.upload("Shapes", kind, file).await.unwrap());
    }
    for (id, (file, _, resolution, renditions)) in ids.iter().zip(&cases) {
        let video = ada.finished(id).await.unwrap();
        assert_eq!((&video["status"], &video["resolution"]), (&json!("READY"), &json!(resolution)), "{file:?} {video}");
        let hls = text(&video, "hlsUrl");
        let master = reqwest::get(hls).await.unwrap().text().await.unwrap();
        let names: Vec<&str> = master.lines().filter(|line| !line.starts_with('#')).collect();
        let shown: Vec<_> = names.iter().map(|name| media::probe(&hls.replace("master.m3u8", name)).unwrap()).collect();
        assert_eq!(&shown, renditions, "{file:?}");
    }
}

#[tokio::test]
async fn multipart_resumes_after_a_lost_part() {
    let stack = Stack::shared();
    let ada = Person::register(stack).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = media::movie(&dir.path().join("a.mp4"), 640, 360, 2).unwrap();
    // A box that players skip makes it large.
    let mut bytes = std::fs::read(&file).unwrap();
    let filler: u32 = 66 * 1024 * 1024;
    bytes.extend(filler.to_be_bytes());
    bytes.extend(b"free");
    bytes.resize(bytes.len() + filler as usize - 8, 0);
    std::fs::write(&file, &bytes).unwrap();

    let begun = ada.announce("Large", "video/mp4", bytes.len() as u64).await.unwrap();
    let size = usize::try_from(begun["partSize"].as_u64().unwrap()).unwrap();
    let parts = begun["parts"].as_array().unwrap();
    assert_eq!((size, parts.len()), (8 * 1024 * 1024, bytes.len().div_ceil(8 * 1024 * 1024)));
    let upload = format!("/api/v1/uploads/{}", text(&begun, "uploadId"));
    let state = async || -> Value { ada.request(Method::GET, &upload).send().await.unwrap().json().await.unwrap() };
    assert_eq!(state().await["status"], "WAITING");
    let http = reqwest::Client::new();
    let send = async |url: &str, body: &[u8]| http.put(url).body(body.to_vec()).send().await.unwrap();
    let chunks: Vec<&[u8]> = bytes.chunks(size).collect();
    assert_eq!(send(text(&parts[0], "url"), &chunks[0][1..]).await.status(), 403, "another size than was signed");
    let mut sent = Vec::new();
    for (part, chunk) in parts.iter().zip(&chunks).take(3) {
        let answer = send(text(part, "url"), chunk).await;
        sent.push(json!({ "number": part["number"], "etag": answer.headers()["etag"].to_str().unwrap() }));
    }
    let state_now = state().await;
    assert_eq!((&state_now["status"], state_now["receivedParts"].as_array().unwrap().len()), (&json!("UPLOADING"), 3));
    let complete = |parts: Value| ada.request(Method::POST, &format!("{upload}/complete")).json(&parts).send();
    let early = complete(json!({ "parts": sent })).await.unwrap();
    assert_eq!(early.status(), 400);

    // A page that was reloaded finds its upload by the video, and what has come by the upload.
    let awaited = ada.video(text(&begun, "videoId")).await.unwrap();
    assert_eq!(awaited["uploadId"], begun["uploadId"]);
    for (received, (sent, chunk)) in state_now["receivedParts"].as_array().unwrap().iter().zip(sent.iter().zip(&chunks))
    {
        let etag = text(sent, "etag").trim_matches('"');
        assert_eq!(*received, json!({ "number": sent["number"], "etag": etag, "size": chunk.len() }));
    }
    let unnamed = complete(json!({})).await.unwrap();
    assert_eq!(unnamed.status(), 400);
    let unnamed: Value = unnamed.json().await.unwrap();
    assert!(text(&unnamed["errors"][0], "detail").starts_with("did not come: 4, 5"), "{unnamed}");

    let missing: Vec<usize> = (4..=chunks.len()).collect();
    let fresh = ada.request(Method::POST, &format!("{upload}/parts")).json(&json!({ "numbers": missing }));
    let fresh: Value = fresh.send().await.unwrap().json().await.unwrap();
    let until: jiff::Timestamp = text(&fresh, "expiresAt").parse().unwrap();
    assert!(until > jiff::Timestamp::now() + jiff::SignedDuration::from_mins(14), "{until}");
    for (part, number) in fresh["parts"].as_array().unwrap().iter().zip(missing) {
        assert_eq!(part["number"], number);
        let answer = send(text(part, "url"), chunks[number - 1]).await;
        sent.push(json!({ "number": number, "etag": answer.headers()["etag"].to_str().unwrap() }));
    }
    let mut turned = sent.clone();
    turned.reverse();
    assert_eq!(complete(json!({ "parts": turned })).await.unwrap().status(), 400, "out of order");
    let mut wrong = sent.clone();
    wrong[0]["etag"] = json!("\"00000000000000000000000000000000\"");
    assert_eq!(complete(json!({ "parts": wrong })).await.unwrap().status(), 400, "another ETag");
    // What has come need not be named. The answer may have been lost.
    assert_eq!(complete(json!({})).await.unwrap().status(), 202);
    assert_eq!(complete(json!({ "parts": sent })).await.unwrap().status(), 202);
    let video = ada.finished(text(&begun, "videoId")).await.unwrap();
    assert_eq!(video["status"], "READY", "{video}");
    assert_eq!(state().await["status"], "COMPLETED");
    assert_eq!(video.get("uploadId"), None);
}

#[tokio::test]
async fn a_profile_lists_public_videos_and_streams_for_everybody() {
    let stack = Stack::shared();
    let ada = Person::register(stack).await.unwrap();
    let bob = Person::register(stack).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = media::movie(&dir.path().join("a.mp4"), 160, 120, 1).unwrap();
    let id = ada.upload("Shown", "video/mp4", &file).await.unwrap();
    ada.announce("Awaited", "video/mp4", 1000).await.unwrap();
    let video = ada.finished(&id).await.unwrap();
    ada.new_stream("Soon").await.unwrap();
    ada.stream_with(json!({ "title": "Hidden", "visibility": "UNLISTED" })).await.unwrap();
    let titles = async |request: reqwest::RequestBuilder| -> Vec<String> {
        let page: Value = request.send().await.unwrap().json().await.unwrap();
        page["items"].as_array().unwrap().iter().map(|card| text(card, "title").to_owned()).collect()
    };
    let profile = ada.anonymous(Method::GET, &format!("/api/v1/users/{}", ada.username)).send().await.unwrap();
    let profile: Value = profile.json().await.unwrap();
    let of = |kind: &str| format!("/api/v1/{kind}?userId={}", text(&profile, "id"));
    for kind in ["videos", "streams"] {
        let shown = if kind == "videos" { "Shown" } else { "Soon" };
        assert_eq!(titles(ada.anonymous(Method::GET, &of(kind))).await, [shown]);
        assert_eq!(titles(bob.request(Method::GET, &of(kind))).await, [shown]);
        assert_eq!(titles(ada.request(Method::GET, &of(kind))).await.len(), 2, "one's own are all there");
    }
    let hide = ada.request(Method::PATCH, &format!("/api/v1/videos/{}", text(&video, "id"))).header("if-match", "*");
    let hidden = hide.json(&json!({ "visibility": "UNLISTED" })).send().await.unwrap();
    assert_eq!(hidden.status(), 200);
    assert_eq!(titles(bob.request(Method::GET, &of("videos"))).await, [""; 0]);
}

#[tokio::test]
async fn captions_are_served_corrected_removed_and_go_with_the_video() {
    let stack = Stack::shared();
    let ada = Person::register(stack).await.unwrap();
    let bob = Person::register(stack).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = media::movie(&dir.path().join("a.mp4"), 160, 120, 1).unwrap();
    let id = ada.upload("Spoken", "video/mp4", &file).await.unwrap();
    assert_eq!(ada.finished(&id).await.unwrap()["captions"], json!([]));
    let path = |lang: &str| format!("/api/v1/videos/{id}/captions/{lang}");
    let put = async |person: &Person, lang: &str, kind: &str, body: &[u8]| {
        let request = person.request(Method::PUT, &path(lang)).header("content-type", kind).body(body.to_vec());
        request.send().await.unwrap()
    };
    let first = b"WEBVTT\n\n00:00.000 --> 00:01.000\nHello.\n";
    let status =
        async |person, lang: &str, kind: &str, body: &[u8]| put(person, lang, kind, body).await.status().as_u16();
    assert_eq!(status(&ada, "pt-BR", "text/vtt; charset=utf-8", first).await, 200);
    let video: Value = put(&ada, "en", "text/vtt", first).await.json().await.unwrap();
    let langs: Vec<&str> = video["captions"].as_array().unwrap().iter().map(|one| text(one, "lang")).collect();
    assert_eq!(langs, ["en", "pt-BR"]);
    let old = text(&video["captions"][0], "url").to_owned();
    let served = reqwest::get(&old).await.unwrap();
    assert_eq!((served.status().as_u16(), served.headers()["content-type"].to_str().unwrap()), (200, "text/vtt"));
    assert_eq!(served.bytes().await.unwrap(), first.as_slice());

    let large = [first.as_slice(), &[b'x'; 256 * 1024]].concat();
    assert_eq!(status(&ada, "en", "application/json", first).await, 415);
    assert_eq!(status(&ada, "en", "text/vtt", &large).await, 413);
    assert_eq!(status(&ada, "en", "text/vtt", b"").await, 400);
    assert_eq!(status(&ada, "en", "text/vtt", b"WEBVTT \xff").await, 400);
    assert_eq!(status(&ada, "EN", "text/vtt", first).await, 400);
    assert_eq!(status(&ada, "..%2Fen", "text/vtt", first).await, 400);
    assert_eq!(status(&bob, "en", "text/vtt", first).await, 403);
    let stale = ada.request(Method::PUT, &path("en")).header("content-type", "text/vtt").header("if-match", "\"v1\"");
    assert_eq!(stale.body(first.to_vec()).send().await.unwrap().status(), 412);

    // Corrected: everybody is shown another URL.
    assert_eq!(status(&ada, "en", "text/vtt", b"WEBVTT\n\n00:00.000 --> 00:01.000\nGoodbye.\n").await, 200);
    let seen: Value =
        bob.request(Method::GET, &format!("/api/v1/videos/{id}")).send().await.unwrap().json().await.unwrap();
    let new = text(&seen["captions"][0], "url");
    assert!(reqwest::get(new).await.unwrap().text().await.unwrap().contains("Goodbye."));
    assert_eq!(reqwest::get(&old).await.unwrap().status(), 404);

    let delete = async |person: &Person, path: &str| {
        person.request(Method::DELETE, path).send().await.unwrap().status().as_u16()
    };
    assert_eq!(delete(&bob, &path("en")).await, 403);
    assert_eq!((delete(&ada, &path("en")).await, delete(&ada, &path("en")).await), (204, 204));
    assert_eq!(reqwest::get(new).await.unwrap().status(), 404);
    let left = ada.video(&id).await.unwrap();
    assert_eq!(left["captions"].as_array().unwrap().len(), 1, "{left}");
    assert_eq!(delete(&ada, &format!("/api/v1/videos/{id}")).await, 204);
    assert_eq!(reqwest::get(text(&left["captions"][0], "url")).await.unwrap().status(), 404);
    assert_eq!(status(&ada, "en", "text/vtt", first).await, 404);
}

#[tokio::test]
async fn only_owners_see_and_change_what_is_not_ready() {
    let stack = Stack::shared();
    let ada = Person::register(stack).await.unwrap();
    let bob = Person::register(stack).await.unwrap();
    let begun = ada.announce("Mine", "video/mp4", 1000).await.unwrap();
    let video = format!("/api/v1/videos/{}", text(&begun, "videoId"));
    let caption = ada.request(Method::PUT, &format!("{video}/captions/en")).header("content-type", "text/vtt");
    let early = caption.body("WEBVTT").send().await.unwrap();
    assert_eq!((early.status().as_u16(), problem_code(early).await.unwrap()), (409, "invalid-transition".into()));
    let upload = format!("/api/v1/uploads/{}", text(&begun, "uploadId"));
    let status = async |person: &Person, method: Method, path: &str| {
        person.request(method, path).header("if-match", "*").json(&json!({})).send().await.unwrap().status().as_u16()
    };
    for path in [&video, &upload] {
        assert_eq!(status(&bob, Method::GET, path).await, 404);
        assert_eq!(status(&bob, Method::DELETE, path).await, 404);
        assert_eq!(status(&ada, Method::GET, path).await, 200);
    }
    assert_eq!(status(&bob, Method::PATCH, &video).await, 404);
    assert_eq!(ada.anonymous(Method::GET, &video).send().await.unwrap().status(), 404);
    assert_eq!(ada.anonymous(Method::POST, "/api/v1/uploads").json(&json!({})).send().await.unwrap().status(), 401);

    let mine: Value = ada.request(Method::GET, "/api/v1/videos?userId=me").send().await.unwrap().json().await.unwrap();
    assert_eq!(mine["items"][0]["status"], "UPLOADING");
    let owner = text(&mine["items"][0], "userId");
    let hers = format!("/api/v1/videos?userId={owner}");
    let hers: Value = bob.request(Method::GET, &hers).send().await.unwrap().json().await.unwrap();
    assert_eq!(hers["items"], json!([]));

    // Given up: the URL of an aborted upload still works, and what it sends is nobody's.
    assert_eq!(status(&ada, Method::DELETE, &upload).await, 204);
    assert_eq!(status(&ada, Method::DELETE, &upload).await, 204);
    let failed = ada.video(text(&begun, "videoId")).await.unwrap();
    assert_eq!((&failed["status"], &failed["failure"]["code"]), (&json!("FAILED"), &json!("upload_expired")));
    assert_eq!(failed["failure"]["retryable"], false);
    let retry = ada.request(Method::POST, &format!("{video}/retry")).send().await.unwrap();
    assert_eq!(retry.status(), 409);
    let problem: Value = retry.json().await.unwrap();
    assert_eq!((&problem["code"], &problem["state"]), (&json!("invalid-transition"), &json!("FAILED")));
    assert_eq!(problem["allowed"], json!(["edit", "delete"]));
    assert_eq!(status(&ada, Method::DELETE, &video).await, 204);
    assert_eq!(status(&ada, Method::DELETE, &video).await, 204, "a repetition");
    assert_eq!(status(&ada, Method::GET, &video).await, 404);
}

#[tokio::test]
async fn announcements_are_checked_before_anything_is_made() {
    let stack = Stack::shared();
    let ada = Person::register(stack).await.unwrap();
    let good = json!({ "fileName": "a.mp4", "contentType": "video/mp4", "fileSize": 10, "title": "T" });
    let refused = async |field: &str, value: Value| {
        let mut body = good.clone();
        body[field] = value;
        let answer = ada.request(Method::POST, "/api/v1/uploads").json(&body).send().await.unwrap();
        (answer.status().as_u16(), problem_code(answer).await.unwrap())
    };
    let invalid = (400, "validation".to_owned());
    assert_eq!(refused("fileSize", json!(0)).await, invalid);
    assert_eq!(refused("fileSize", json!(-1)).await, invalid);
    assert_eq!(refused("fileSize", json!(1.5)).await, invalid);
    assert_eq!(refused("title", json!("   ")).await, invalid);
    assert_eq!(refused("title", json!("x".repeat(141))).await, invalid);
    assert_eq!(refused("title", json!("a\u{0}b")).await, invalid);
    assert_eq!(refused("description", json!("x".repeat(2001))).await, invalid);
    assert_eq!(refused("fileName", json!("")).await, invalid);
    assert_eq!(refused("owner", json!("me")).await, invalid);
    assert_eq!(refused("contentType", json!("text/html")).await, (415, "unsupported-file-type".into()));
    assert_eq!(refused("fileSize", json!(21_474_836_481u64)).await, (413, "file-too-large".into()));
    let list: Value = ada.request(Method::GET, "/api/v1/videos?userId=me").send().await.unwrap().json().await.unwrap();
    assert_eq!(list["items"], json!([]));
}

#[tokio::test]
async fn same_idempotency_key_gives_one_effect_under_100_parallel_posts() {
    let stack = Stack::shared();
    let ada = Person::register(stack).await.unwrap();
    let body = json!({ "fileName": "a.mp4", "contentType": "video/mp4", "fileSize": 10, "title": "Once" });
    let post = |key: &str, body: &Value| {
        ada.request(Method::POST, "/api/v1/uploads").header("idempotency-key", key).json(body).send()
    };
    let all = futures_util::future::join_all((0..100).map(|_| post("one", &body))).await;
    let (mut begun, mut ids) = (0, std::collections::BTreeSet::new());
    for answer in all {
        let answer = answer.unwrap();
        if answer.status() == 409 {
            assert_eq!(answer.headers()["retry-after"], "1");
            assert_eq!(problem_code(answer).await.unwrap(), "idempotency-in-progress");
            continue;
        }
        assert_eq!(answer.status(), 201);
        begun += u32::from(!answer.headers().contains_key("idempotent-replayed"));
        let body: Value = answer.json().await.unwrap();
        assert!(body["url"].as_str().is_some_and(|url| url.contains("X-Amz-Signature")));
        ids.insert(text(&body, "uploadId").to_owned());
    }
    assert_eq!((begun, ids.len()), (1, 1));
    let mine: Value = ada.request(Method::GET, "/api/v1/videos?userId=me").send().await.unwrap().json().await.unwrap();
    assert_eq!(mine["items"].as_array().unwrap().len(), 1);

    let mut other = body.clone();
    other["title"] = json!("Twice");
    let reused = post("one", &other).await.unwrap();
    assert_eq!((reused.status().as_u16(), problem_code(reused).await.unwrap()), (422, "idempotency-key-reused".into()));
    assert_eq!(post("two", &other).await.unwrap().status(), 201);
    assert_eq!(post("not visible", &other).await.unwrap().status(), 400);
    // Keys belong to their users.
    let bob = Person::register(stack).await.unwrap();
    let his = bob.request(Method::POST, "/api/v1/uploads").header("idempotency-key", "one").json(&other).send();
    assert_eq!(his.await.unwrap().status(), 201);
}

#[tokio::test]
async fn lists_are_paged_by_cursors_that_cannot_be_made_up() {
    let stack = Stack::shared();
    let ada = Person::register(stack).await.unwrap();
    for number in 0..5 {
        ada.announce(&format!("Video {number}"), "video/mp4", 10).await.unwrap();
    }
    let get = async |query: &str| {
        let answer = ada.request(Method::GET, &format!("/api/v1/videos{query}")).send().await.unwrap();
        let link = answer.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
        (answer.status().as_u16(), link, answer.json::<Value>().await.unwrap())
    };
    let (mut path, mut titles) = ("?userId=me&limit=2".to_owned(), Vec::new());
    loop {
        let (status, link, page) = get(&path).await;
        assert_eq!(status, 200);
        titles.extend(page["items"].as_array().unwrap().iter().map(|item| text(item, "title").to_owned()));
        let Some(link) = link else { break };
        let next = link.strip_prefix("</api/v1/videos").unwrap().strip_suffix(">; rel=\"next\"").unwrap();
        assert!(next.ends_with(text(&page, "nextCursor")));
        path = next.to_owned();
    }
    assert_eq!(titles, ["Video 4", "Video 3", "Video 2", "Video 1", "Video 0"]);

    let (_, _, page) = get("?userId=me&limit=2").await;
    let cursor = text(&page, "nextCursor");
    for bad in ["x".to_owned(), format!("{cursor}x"), cursor.to_lowercase()] {
        let (status, _, problem) = get(&format!("?userId=me&limit=2&cursor={bad}")).await;
        assert_eq!((status, &problem["code"]), (400, &json!("bad-cursor")), "{bad}");
    }
    let (status, _, _) = get(&format!("?cursor={cursor}")).await;
    assert_eq!(status, 400, "another list");
    let bob = Person::register(stack).await.unwrap();
    let his = bob.request(Method::GET, &format!("/api/v1/videos?userId=me&limit=2&cursor={cursor}")).send();
    assert_eq!(his.await.unwrap().status(), 400, "another caller");
    for bad in ["?limit=0", "?limit=101", "?limit=x", "?unknown=1", "?status=DELETED", "?userId=x", "?status=FAILED"] {
        assert_eq!(get(bad).await.0, 400, "{bad}");
    }
}

#[tokio::test]
async fn an_unchanged_video_is_not_sent_again() {
    let ada = Person::register(Stack::shared()).await.unwrap();
    let begun = ada.announce("Still", "video/mp4", 10).await.unwrap();
    let path = format!("/api/v1/videos/{}", text(&begun, "videoId"));
    let first = ada.request(Method::GET, &path).send().await.unwrap();
    assert_eq!(first.headers()["cache-control"], "private, no-cache");
    let tag = first.headers()["etag"].clone();
    let again = ada.request(Method::GET, &path).header("if-none-match", &tag).send().await.unwrap();
    assert_eq!((again.status().as_u16(), &again.headers()["etag"]), (304, &tag));
    let edit = ada.request(Method::PATCH, &path).header("if-match", &tag).json(&json!({ "artist": "Ada" }));
    assert_eq!(edit.send().await.unwrap().status(), 200);
    let changed = ada.request(Method::GET, &path).header("if-none-match", &tag).send().await.unwrap();
    assert_eq!(changed.status(), 200);
}

#[tokio::test]
async fn an_erased_account_changes_nothing_any_more() {
    let ada = Person::register(Stack::shared()).await.unwrap();
    assert_eq!(ada.request(Method::DELETE, "/api/v1/users/me").send().await.unwrap().status(), 204);
    let body = json!({ "fileName": "a.mp4", "contentType": "video/mp4", "fileSize": 10, "title": "Late" });
    let late = ada.request(Method::POST, "/api/v1/uploads").json(&body).send().await.unwrap();
    assert_eq!(late.status(), 401);
}

#[tokio::test]
async fn a_360p_source_gets_one_rendition() {
    let ada = Person::register(Stack::shared()).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = media::movie(&dir.path().join("a.mp4"), 640, 360, 2).unwrap();
    let id = ada.upload("Small", "video/mp4", &file).await.unwrap();
    let video = ada.finished(&id).await.unwrap();
    let master = reqwest::get(text(&video, "hlsUrl")).await.unwrap().text().await.unwrap();
    let renditions: Vec<&str> = master.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!((&video["status"], renditions), (&json!("READY"), vec!["360p/playlist.m3u8"]));
}

#[tokio::test]
async fn one_byte_too_many_is_refused() {
    let ada = Person::register(Stack::shared()).await.unwrap();
    let begun = ada.announce("Exact", "video/mp4", 10).await.unwrap();
    let put = |body: &'static [u8]| {
        let mut put = reqwest::Client::new().put(text(&begun, "url")).body(body);
        for (name, value) in begun["headers"].as_object().unwrap() {
            put = put.header(name, value.as_str().unwrap());
        }
        put.send()
    };
    assert_eq!(put(b"eleven byte").await.unwrap().status(), 403);
    assert_eq!(put(b"nine byte").await.unwrap().status(), 403);
    assert_eq!(ada.video(text(&begun, "videoId")).await.unwrap()["status"], "UPLOADING");
    assert_eq!(put(b"ten bytes!").await.unwrap().status(), 200);
    assert_eq!(put(b"ten bytes?").await.unwrap().status(), 412, "nothing is overwritten after it was checked");
}
