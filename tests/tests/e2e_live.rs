//! Live streams on the real binaries, with ffmpeg as the encoder.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use skylark_tests::{Encoder, Person, Picture, Stack, media, problem_code};

async fn text(url: &str) -> Result<String> {
    Ok(reqwest::get(url).await?.error_for_status()?.text().await?)
}

/// The media playlist behind a multivariant one.
async fn media_playlist(url: &str) -> Result<String> {
    let multivariant = text(url).await?;
    let uri = multivariant.lines().find(|line| !line.starts_with('#')).context("no variant")?;
    text(reqwest::Url::parse(url)?.join(uri)?.as_str()).await
}

/// Waits until so many segments are complete: players that know no parts begin with those.
async fn segments(url: &str, count: usize) -> Result<()> {
    let began = Instant::now();
    while media_playlist(url).await?.matches("#EXTINF").count() < count {
        ensure!(began.elapsed() < Duration::from_secs(30), "no segments at {url}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

fn field<'a>(value: &'a Value, name: &str) -> Result<&'a str> {
    value[name].as_str().with_context(|| format!("no {name} in {value}"))
}

#[tokio::test]
async fn an_encoder_is_seen_live_and_plays_and_ends_as_a_video() -> Result<()> {
    let person = Person::register(Stack::shared()).await?;
    let stream = person.new_stream("Sunrise").await?;
    assert_eq!((&stream["status"], &stream["state"]), (&json!("OFFLINE"), &json!("CREATED")));
    let key = person.key_of(&stream).await?;
    let began = Instant::now();
    let encoder = Encoder::publish_picture(&key.address(), Picture { width: 640, height: 360, kbps: 800 })?;
    let live = person.stream_is(&stream, "LIVE").await?;
    println!("LIVE {:?} after the encoder was started", began.elapsed());
    assert_eq!((&live["state"], &live["ingest"]["state"]), (&json!("RUNNING"), &json!("CONNECTED")));
    let playback = field(&live, "playbackUrl")?;
    segments(playback, 1).await?;
    assert_eq!(media::probe(playback)?, (640, 360, true));

    // What everybody sees, and nobody else's business.
    let feed: Value = person.anonymous(Method::GET, "/api/v1/streams").send().await?.json().await?;
    let card_in = |page: &Value| -> Result<Value> {
        let cards = page["items"].as_array().context("no items")?;
        cards.iter().find(|card| card["id"] == stream["id"]).cloned().with_context(|| format!("not in {page}"))
    };
    assert_eq!(card_in(&feed)?["username"], person.username);
    let id = field(&stream, "id")?;
    let health = format!("/api/v1/streams/{id}/health");
    assert_eq!(person.anonymous(Method::GET, &health).send().await?.status(), 401);
    let measured = loop {
        let health: Value = person.request(Method::GET, &health).send().await?.json().await?;
        if health["samples"].as_array().is_some_and(|samples| !samples.is_empty()) {
            break health;
        }
        ensure!(began.elapsed() < Duration::from_secs(30), "no measurement: {health}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let sample = &measured["samples"][0];
    assert_eq!((&sample["width"], &sample["height"]), (&json!(640), &json!(360)), "{measured}");
    let channel: Value = person
        .request(Method::GET, &format!("/api/v1/channels/{}", field(&stream, "channelId")?))
        .send()
        .await?
        .json()
        .await?;
    assert_eq!((&channel["live"]["status"], &channel["live"]["streamId"]), (&json!("LIVE"), &stream["id"]));

    // The recording so far can be gone back in.
    let recorded = person.stream_that(&stream, |now| now["dvrUrl"].is_string()).await?;
    segments(field(&recorded, "dvrUrl")?, 1).await?;
    assert_eq!(media::probe(field(&recorded, "dvrUrl")?)?, (640, 360, true));
    let owner = field(&stream, "userId")?;
    let theirs = async |status: &str| -> Result<Value> {
        let path = format!("/api/v1/streams?userId={owner}&status={status}");
        card_in(&person.anonymous(Method::GET, &path).send().await?.json().await?)
    };
    let card = theirs("LIVE").await?;
    assert_eq!((&card["thumbnailUrl"], &card["videoId"]), (&recorded["thumbnailUrl"], &Value::Null));
    let picture = reqwest::get(field(&card, "thumbnailUrl")?).await?;
    assert_eq!((picture.status().as_u16(), picture.headers()["content-type"].to_str()?), (200, "image/jpeg"));

    assert_eq!(person.act(&stream, "stop").await?.0, 202);
    encoder.refused().await?;
    let ended = person.stream_is(&stream, "ARCHIVED").await?;
    assert_eq!(ended["status"], "ENDED");
    let video = person.video(field(&ended, "videoId")?).await?;
    assert_eq!((&video["status"], &video["source"]["streamId"]), (&json!("READY"), &stream["id"]));
    assert!(video["durationMs"].as_u64().is_some_and(|duration| duration > 1000), "{video}");
    assert_eq!(media::probe(field(&video, "hlsUrl")?)?, (640, 360, true));
    assert_eq!((&video["username"], &ended["username"]), (&json!(person.username), &json!(person.username)));
    let card = theirs("ENDED").await?;
    assert_eq!((&card["thumbnailUrl"], &card["videoId"]), (&video["posterUrl"], &video["id"]));
    let poster = reqwest::get(field(&video, "posterUrl")?).await?;
    assert_eq!((poster.status().as_u16(), poster.headers()["content-type"].to_str()?), (200, "image/jpeg"));
    let sessions: Value = person
        .request(Method::GET, &format!("/api/v1/channels/{}/sessions", field(&stream, "channelId")?))
        .send()
        .await?
        .json()
        .await?;
    assert_eq!(sessions["items"][0]["streamId"], stream["id"], "{sessions}");

    // The video is the owner's to caption, and to delete, recordings and all.
    let path = format!("/api/v1/videos/{}", field(&video, "id")?);
    let caption = person.request(Method::PUT, &format!("{path}/captions/en")).header("content-type", "text/vtt");
    let captioned: Value = caption.body("WEBVTT\n").send().await?.error_for_status()?.json().await?;
    let caption = field(&captioned["captions"][0], "url")?;
    assert_eq!(text(caption).await?, "WEBVTT\n");
    assert_eq!(person.request(Method::DELETE, &path).send().await?.status(), 204);
    assert_eq!(reqwest::get(field(&video, "hlsUrl")?).await?.status(), 404);
    assert_eq!(reqwest::get(caption).await?.status(), 404);
    Ok(())
}

#[tokio::test]
async fn a_wrong_key_is_refused_and_a_second_publisher_leaves_the_first_alone() -> Result<()> {
    let person = Person::register(Stack::shared()).await?;
    let stream = person.new_stream("Mine").await?;
    let key = person.key_of(&stream).await?;
    let said = Encoder::publish(&format!("{}sk_us-east-1_nobody_knows", key.server))?.refused().await?;
    assert!(!said.is_empty(), "the encoder says why");
    let mut first = Encoder::publish(&key.address())?;
    let live = person.stream_is(&stream, "LIVE").await?;
    Encoder::publish(&key.address())?.refused().await?;
    let before = media_playlist(field(&live, "playbackUrl")?).await?;
    let began = Instant::now();
    while media_playlist(field(&live, "playbackUrl")?).await? == before {
        ensure!(began.elapsed() < Duration::from_secs(20), "the first publisher's picture stands still");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(first.is_running()?);
    assert_eq!(person.stream(&stream).await?["ingest"], live["ingest"]);
    Ok(())
}

#[tokio::test]
async fn a_reset_key_cuts_the_encoder_and_the_old_key_is_refused() -> Result<()> {
    let person = Person::register(Stack::shared()).await?;
    let stream = person.new_stream("Mine").await?;
    let old = person.key_of(&stream).await?;
    let encoder = Encoder::publish(&old.address())?;
    person.stream_is(&stream, "LIVE").await?;
    let channel = field(&stream, "channelId")?;
    let masked = format!("/api/v1/channels/{channel}/stream-key");
    let reset = person.request(Method::POST, &format!("{masked}/reset")).send().await?;
    assert_eq!(reset.status(), 201);
    let new: Value = reset.json().await?;
    encoder.refused().await?;
    Encoder::publish(&old.address())?.refused().await?;
    let facts: Value = person.request(Method::GET, &masked).send().await?.json().await?;
    let key = field(&new, "streamKey")?;
    assert_eq!(facts["masked"], format!("sk_****...{}", &key[key.len() - 4..]));
    assert!(!facts.to_string().contains(key) && facts["rotatedAt"].is_string());
    let _encoder = Encoder::publish(&format!("{}{key}", old.server))?;
    let back = person.stream_that(&stream, |now| now["ingest"]["state"] == "CONNECTED").await?;
    assert_eq!(back["state"], "RUNNING", "the same stream goes on");
    Ok(())
}

#[tokio::test]
async fn a_drop_is_live_for_ten_seconds_and_a_return_goes_on_in_the_same_playlist() -> Result<()> {
    let person = Person::register(Stack::shared()).await?;
    let stream = person.new_stream("Storm").await?;
    let key = person.key_of(&stream).await?;
    let encoder = Encoder::publish(&key.address())?;
    let live = person.stream_is(&stream, "LIVE").await?;
    let playback = field(&live, "playbackUrl")?.to_owned();
    segments(&playback, 2).await?;
    encoder.kill()?;
    let dropped = person.stream_that(&stream, |now| now["ingest"]["state"] == "RECONNECTING").await?;
    assert_eq!(dropped["status"], "LIVE");
    let offline = person.stream_is(&stream, "OFFLINE").await?;
    let moment = |value: &Value| value.as_str().unwrap_or_default().parse::<jiff::Timestamp>();
    let grace = moment(&dropped["ingest"]["graceUntil"])?.duration_since(moment(&dropped["ingest"]["since"])?);
    assert_eq!((grace.as_secs(), &offline["ingest"]["state"]), (10, &json!("LOST")));
    // Whoever asks is told at once; a message makes it known to those who do not.
    let path = format!("/api/v1/streams/{}/events", field(&stream, "id")?);
    let began = Instant::now();
    loop {
        let history: Value = person.request(Method::GET, &path).send().await?.json().await?;
        let names: Vec<&str> =
            history["items"].as_array().into_iter().flatten().filter_map(|one| one["name"].as_str()).collect();
        if names.contains(&"EncoderLost") {
            break;
        }
        ensure!(began.elapsed() < Duration::from_secs(20), "{names:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    let encoder = Encoder::publish(&key.address())?;
    let back = person.stream_is(&stream, "LIVE").await?;
    assert_eq!((&back["id"], &back["playbackUrl"]), (&stream["id"], &json!(playback)));
    let began = Instant::now();
    while !media_playlist(&playback).await?.contains("#EXT-X-DISCONTINUITY\n") {
        ensure!(began.elapsed() < Duration::from_secs(20), "no discontinuity");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(person.act(&stream, "stop").await?.0, 202);
    encoder.refused().await?;
    let ended = person.stream_is(&stream, "ARCHIVED").await?;
    let video = person.video(field(&ended, "videoId")?).await?;
    let sessions: Value = person
        .request(Method::GET, &format!("/api/v1/channels/{}/sessions", field(&stream, "channelId")?))
        .send()
        .await?
        .json()
        .await?;
    let recorded: u64 =
        sessions["items"].as_array().into_iter().flatten().filter_map(|one| one["recordingMs"].as_u64()).sum();
    assert_eq!((sessions["items"].as_array().map(Vec::len), &video["durationMs"]), (Some(2), &json!(recorded)));
    assert_eq!(media::probe(field(&video, "hlsUrl")?)?, (320, 180, true));
    Ok(())
}

#[tokio::test]
async fn a_private_stream_plays_with_a_token_only() -> Result<()> {
    let stack = Stack::shared();
    let (person, stranger) = (Person::register(stack).await?, Person::register(stack).await?);
    let stream = person.stream_with(json!({ "title": "Secret", "visibility": "PRIVATE" })).await?;
    let id = field(&stream, "id")?;
    let key = person.key_of(&stream).await?;
    let _encoder = Encoder::publish(&key.address())?;
    let live = person.stream_is(&stream, "LIVE").await?;
    assert_eq!((&live["playbackUrl"], &live["dvrUrl"]), (&Value::Null, &Value::Null));
    let token = format!("/api/v1/streams/{id}/playback-token");
    assert_eq!(stranger.request(Method::POST, &token).send().await?.status(), 404);
    assert_eq!(stranger.request(Method::GET, &format!("/api/v1/streams/{id}")).send().await?.status(), 404);
    let permission: Value = person.request(Method::POST, &token).send().await?.json().await?;
    let open = field(&permission, "playbackUrl")?;
    segments(open, 1).await?;
    assert_eq!(media::probe(open)?, (320, 180, true));
    let closed = open.split('?').next().context("no URL")?;
    assert_eq!(reqwest::get(closed).await?.status(), 403);
    assert_eq!(reqwest::get(format!("{closed}?token=nonsense")).await?.status(), 403);

    // Another stream's token opens nothing here.
    let other = stranger.stream_with(json!({ "title": "Other", "visibility": "UNLISTED" })).await?;
    assert_eq!(stranger.act(&other, "start").await?.0, 202);
    let path = format!("/api/v1/streams/{}/playback-token", field(&other, "id")?);
    let foreign: Value = stranger.request(Method::POST, &path).send().await?.json().await?;
    assert_eq!(reqwest::get(format!("{closed}?token={}", field(&foreign, "token")?)).await?.status(), 403);

    // Who may watch cannot change while it is live.
    let edit = person.request(Method::PATCH, &format!("/api/v1/streams/{id}")).header("if-match", "*");
    let refused = edit.json(&json!({ "visibility": "PUBLIC" })).send().await?;
    assert_eq!((refused.status().as_u16(), problem_code(refused).await?.as_str()), (409, "channel-live"));
    Ok(())
}

#[tokio::test]
async fn countries_and_viewer_caps_hold_where_permission_is_given() -> Result<()> {
    let person = Person::register(Stack::shared()).await?;
    let stream = person
        .stream_with(json!({ "title": "Here", "allowedCountries": ["DE", "FR"], "blockedCountries": ["FR"], "maxConcurrentViewers": 2 }))
        .await?;
    let path = format!("/api/v1/streams/{}/playback-token", field(&stream, "id")?);
    // What is not on air opens nothing: the channel may show something else.
    let early = person.request(Method::POST, &path).send().await?;
    assert_eq!((early.status().as_u16(), problem_code(early).await?.as_str()), (409, "not-playable"));
    let key = person.key_of(&stream).await?;
    let _encoder = Encoder::publish(&key.address())?;
    person.stream_is(&stream, "LIVE").await?;
    let from = async |country: &str| -> Result<reqwest::Response> {
        let ask = person.anonymous(Method::POST, &path).header("x-local-viewer-country", country);
        // What a client says in CloudFront's name is not believed.
        Ok(ask.header("cloudfront-viewer-country", "DE").send().await?)
    };
    for country in ["FR", "US", "nonsense"] {
        let refused = from(country).await?;
        assert_eq!(
            (refused.status().as_u16(), problem_code(refused).await?.as_str()),
            (403, "geo-blocked"),
            "{country}"
        );
    }
    assert_eq!((from("DE").await?.status(), from("DE").await?.status()), (200.try_into()?, 200.try_into()?));
    let refused = from("DE").await?;
    assert_eq!((refused.status().as_u16(), problem_code(refused).await?.as_str()), (429, "viewer-cap-reached"));
    // The bare URL plays nothing.
    let permission: Value = person.request(Method::POST, &path).send().await?.json().await?;
    let closed = field(&permission, "playbackUrl")?.split('?').next().context("no URL")?.to_owned();
    assert_eq!(reqwest::get(closed).await?.status(), 403);
    Ok(())
}

#[tokio::test]
async fn an_encoder_that_nobody_announced_makes_a_stream_of_its_own() -> Result<()> {
    let person = Person::register(Stack::shared()).await?;
    let made = person.request(Method::POST, "/api/v1/channels").json(&json!({ "name": "Mine" })).send().await?;
    assert_eq!(made.status(), 201);
    let channel: Value = made.json().await?;
    let key = person.key_of(&json!({ "channelId": channel["id"] })).await?;
    let _encoder = Encoder::publish(&key.address())?;
    let began = Instant::now();
    let card = loop {
        let mine: Value = person.request(Method::GET, "/api/v1/streams?userId=me").send().await?.json().await?;
        if mine["items"][0]["status"] == "LIVE" {
            break mine["items"][0].clone();
        }
        ensure!(began.elapsed() < Duration::from_secs(20), "{mine}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(card["title"], format!("Live with {}", person.username));
    let more = person.request(Method::POST, "/api/v1/channels").json(&json!({ "name": "More" })).send().await?;
    assert_eq!((more.status().as_u16(), problem_code(more).await?.as_str()), (429, "stream-limit-reached"));
    Ok(())
}
