//! Live streams when something is down, killed, late or hostile; and the faces that other clients know.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;
use skylark_tests::{Encoder, Person, Stack, media, problem_code};

fn field<'a>(value: &'a Value, name: &str) -> Result<&'a str> {
    value[name].as_str().with_context(|| format!("no {name} in {value}"))
}

#[tokio::test]
async fn kill_9_of_everything_while_live_goes_on_with_the_same_stream() -> Result<()> {
    let stack = Stack::start()?;
    let person = Person::register(&stack).await?;
    let stream = person.new_stream("Storm").await?;
    let key = person.key_of(&stream).await?;
    let encoder = Encoder::publish(&key.address())?;
    let live = person.stream_that(&stream, |now| now["dvrUrl"].is_string()).await?;
    let path = field(&live, "dvrUrl")?.split_once("/media/").context("no media")?.1.to_owned();
    let playlist = async |front: String| -> Result<String> {
        let url = format!("{front}/media/{}", path.replace("master.m3u8", "320x180p30/playlist.m3u8"));
        let master = reqwest::get(format!("{front}/media/{path}")).await?.text().await?;
        let uri = master.lines().find(|line| !line.starts_with('#')).context("no variant")?;
        let url = reqwest::Url::parse(&url)?.join(&format!("../{uri}"))?;
        Ok(reqwest::get(url).await?.text().await?)
    };
    let began = Instant::now();
    while playlist(stack.url("front")).await?.matches("#EXTINF").count() < 3 {
        ensure!(began.elapsed() < Duration::from_secs(30), "the recording does not grow");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let complete = playlist(stack.url("front")).await?.matches("#EXTINF").count();
    stack.kill_9_and_restart()?;
    encoder.refused().await?;

    let person = person.at(stack.url("front"));
    let key = person.key_of(&stream).await?;
    let encoder = Encoder::publish(&key.address())?;
    let back = person
        .stream_that(&stream, |now| {
            now["ingest"]["state"] == "CONNECTED" && now["ingest"]["since"] != live["ingest"]["since"]
        })
        .await?;
    assert_eq!((&back["state"], &back["id"]), (&json!("RUNNING"), &stream["id"]));
    let healed = playlist(stack.url("front")).await?;
    assert!(healed.matches("#EXTINF").count() >= complete && healed.contains("#EXT-X-ENDLIST"), "{healed}");
    person.stream_that(&stream, |now| now["dvrUrl"].is_string() && now["dvrUrl"] != live["dvrUrl"]).await?;
    assert_eq!(person.act(&stream, "stop").await?.0, 202);
    encoder.refused().await?;
    let ended = person.stream_is(&stream, "ARCHIVED").await?;
    let video = person.video(field(&ended, "videoId")?).await?;
    assert_eq!(media::probe(field(&video, "hlsUrl")?)?, (320, 180, true));
    assert!(video["durationMs"].as_u64().is_some_and(|duration| duration >= 3000), "{video}");
    Ok(())
}

#[tokio::test]
async fn without_ivs_start_is_503_and_the_circuit_opens_and_closes() -> Result<()> {
    let stack = Stack::start()?;
    let person = Person::register(&stack).await?;
    let stream = person.new_stream("Sunrise").await?;
    stack.inject("ivs", "*", "unavailable", u32::MAX).await?;
    let began = Instant::now();
    // The circuit opens after the fifth failure; from then on IVS is left alone.
    let retry_after = loop {
        let path = format!("/api/v1/streams/{}/start", field(&stream, "id")?);
        let refused = person.request(Method::POST, &path).send().await?;
        let after = refused.headers()["retry-after"].to_str()?.parse::<u64>()?;
        assert_eq!((refused.status().as_u16(), problem_code(refused).await?.as_str()), (503, "provider-unavailable"));
        assert_eq!(person.stream(&stream).await?["state"], "CREATED");
        // Long enough for what follows.
        if after > 8 {
            break after;
        }
        ensure!(began.elapsed() < Duration::from_secs(60), "the circuit does not open");
    };
    assert!((9..=15).contains(&retry_after));
    stack.forget_calls().await?;
    assert_eq!(person.act(&stream, "start").await?.0, 503);
    let calls = stack.calls().await?;
    assert!(!calls.keys().any(|call| call.starts_with("ivs.UpdateChannel")), "{calls:?}");
    stack.heal().await?;
    let began = Instant::now();
    while person.act(&stream, "start").await?.0 != 202 {
        ensure!(began.elapsed() < Duration::from_secs(60), "the circuit does not close");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(person.stream(&stream).await?["state"], "STARTING");
    let (status, stopped) = person.act(&stream, "stop").await?;
    assert_eq!((status, &stopped["state"]), (202, &json!("STOPPED")), "nobody was sending");
    Ok(())
}

#[tokio::test]
async fn commands_are_the_owners_and_happen_once() -> Result<()> {
    let stack = Stack::shared();
    let (person, stranger) = (Person::register(stack).await?, Person::register(stack).await?);
    let body = json!({ "title": "Once", "autoStart": false });
    let create = async || -> Result<(bool, Value)> {
        let answer =
            person.request(Method::POST, "/api/v1/streams").header("idempotency-key", "one").json(&body).send().await?;
        assert_eq!(answer.status(), 201);
        Ok((answer.headers().contains_key("idempotent-replayed"), answer.json().await?))
    };
    let ((first_replayed, stream), (replayed, again)) = (create().await?, create().await?);
    assert_eq!((first_replayed, replayed, &stream["id"]), (false, true, &again["id"]));
    let path = format!("/api/v1/streams/{}", field(&stream, "id")?);
    let channel = format!("/api/v1/channels/{}", field(&stream, "channelId")?);

    for action in ["start", "stop", "archive"] {
        let refused = stranger.request(Method::POST, &format!("{path}/{action}")).send().await?;
        assert_eq!(refused.status(), 403, "{action}");
        assert_eq!(person.anonymous(Method::POST, &format!("{path}/{action}")).send().await?.status(), 401, "{action}");
    }
    for rest in ["", "/stream-key", "/streams", "/sessions"] {
        assert_eq!(stranger.request(Method::GET, &format!("{channel}{rest}")).send().await?.status(), 404, "{rest}");
    }
    let read = person.request(Method::GET, &channel).send().await?;
    let tag = read.headers()["etag"].to_str()?.to_owned();
    let same = person.request(Method::GET, &channel).header("if-none-match", &tag).send().await?;
    assert_eq!((read.status().as_u16(), same.status().as_u16()), (200, 304));
    for rest in ["/stream-key/reveal", "/stream-key/reset"] {
        assert_eq!(stranger.request(Method::POST, &format!("{channel}{rest}")).send().await?.status(), 404, "{rest}");
    }
    let edit = |who: &Person, tag: Option<&str>, body: Value| {
        let ask = who.request(Method::PATCH, &path).json(&body);
        tag.map_or_else(|| who.request(Method::PATCH, &path).json(&body), |tag| ask.header("if-match", tag)).send()
    };
    assert_eq!(edit(&person, None, json!({ "title": "New" })).await?.status(), 428);
    assert_eq!(edit(&person, Some("\"v9\""), json!({ "title": "New" })).await?.status(), 412);
    assert_eq!(edit(&stranger, Some("*"), json!({ "title": "New" })).await?.status(), 403);
    for bad in [
        json!({ "title": "" }),
        json!({ "status": "LIVE", "userId": "x", "version": 99 }),
        json!({ "reconnectWindowSeconds": 1801 }),
        json!({ "dvrWindowInMinutes": 0 }),
        json!({ "maxConcurrentViewers": 0 }),
        json!({ "allowedCountries": ["Germany"] }),
        json!({ "scheduledAt": "tomorrow" }),
    ] {
        assert_eq!(edit(&person, Some("*"), bad.clone()).await?.status(), 400, "{bad}");
    }
    let read = person.request(Method::GET, &path).send().await?;
    let tag = read.headers()["etag"].to_str()?.to_owned();
    let same = person.request(Method::GET, &path).header("if-none-match", &tag).send().await?;
    assert_eq!(same.status(), 304);
    let edited =
        edit(&person, Some(&tag), json!({ "description": "Words", "scheduledAt": "2099-01-01T00:00:00Z" })).await?;
    assert_eq!(edited.status(), 200);
    let edited: Value = edited.json().await?;
    assert_eq!((&edited["status"], &edited["description"]), (&json!("SCHEDULED"), &json!("Words")));

    // An encoder does not begin what only its owner may.
    let (status, body) = person.act(&stream, "stop").await?;
    assert_eq!((status, &body["code"], &body["state"]), (409, &json!("invalid-transition"), &json!("CREATED")));
    assert_eq!(person.act(&stream, "start").await?.0, 202);
    let second = person.new_stream("Second").await?;
    let (status, body) = person.act(&second, "start").await?;
    assert_eq!((status, &body["code"]), (409, &json!("channel-busy")));
    assert_eq!(person.act(&stream, "stop").await?.0, 202);
    let (status, body) = person.act(&stream, "archive").await?;
    assert_eq!((status, &body["code"]), (409, &json!("no-recording")));
    for expected in [204, 204] {
        assert_eq!(person.request(Method::DELETE, &path).send().await?.status(), expected);
    }
    assert_eq!(person.request(Method::GET, &path).send().await?.status(), 404);
    let webrtc = format!("/api/v1/streams/{}/webrtc", field(&second, "id")?);
    let refused = person.anonymous(Method::GET, &webrtc).send().await?;
    assert_eq!((refused.status().as_u16(), problem_code(refused).await?.as_str()), (404, "webrtc-disabled"));
    Ok(())
}

#[tokio::test]
async fn older_clients_find_what_they_know() -> Result<()> {
    let person = Person::register(Stack::shared()).await?;
    // Seed 002.
    let made =
        person.request(Method::POST, "/api/v1/live/create").json(&json!({ "title": "Two", "description": "Words" }));
    let made = made.send().await?;
    assert_eq!(made.status(), 201);
    let made: Value = made.json().await?;
    let id = field(&made, "id")?;
    let address = field(&made, "rtmp_url")?;
    assert!(address.contains(&format!("/live/{id}?token=")), "{address}");
    let _encoder = Encoder::publish(address)?;
    person.stream_is(&made, "LIVE").await?;
    let feed: Value = person.anonymous(Method::GET, "/api/v1/live/feed?page=1&limit=100").send().await?.json().await?;
    let listed = feed["streams"].as_array().context("no streams")?.iter().find(|one| one["id"] == made["id"]);
    let listed = listed.with_context(|| feed.to_string())?;
    let fields: Vec<&str> = listed.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let wanted = ["id", "user_id", "title", "status", "viewer_count", "hls_url", "started_at", "created_at"];
    assert!(wanted.iter().all(|name| fields.contains(name)) && fields.len() == wanted.len(), "{fields:?}");
    assert_eq!((&feed["page"], &feed["limit"]), (&json!(1), &json!(100)));
    let path = format!("/api/v1/live/{id}");
    let own: Value = person.request(Method::GET, &path).send().await?.json().await?;
    assert_eq!((&own["is_owner"], &own["stream_key"]), (&json!(true), &Value::Null));
    let revealed: Value = person.request(Method::GET, &format!("{path}?reveal=1")).send().await?.json().await?;
    assert_eq!(revealed["stream_key"], made["stream_key"]);
    let others: Value = person.anonymous(Method::GET, &format!("{path}?reveal=1")).send().await?.json().await?;
    assert_eq!(
        (&others["is_owner"], &others["stream_key"], &others["rtmp_url"]),
        (&json!(false), &Value::Null, &Value::Null)
    );
    let viewers: Value = person.anonymous(Method::GET, &format!("{path}/viewers")).send().await?.json().await?;
    assert_eq!(viewers["stream_id"], made["id"]);
    let refused = person.anonymous(Method::GET, &format!("{path}/webrtc")).send().await?;
    assert_eq!(problem_code(refused).await?, "webrtc-disabled");
    assert_eq!(person.anonymous(Method::GET, "/api/v1/live/feed?page=0").send().await?.status(), 400);
    // Seeds 000 and 001.
    for path in [format!("/api/v1/events/{id}"), format!("/api/streams/{id}")] {
        let stream: Value = person.request(Method::GET, &path).send().await?.json().await?;
        assert_eq!((&stream["id"], &stream["isOwner"]), (&made["id"], &json!(true)), "{path}");
    }
    let login = person.anonymous(Method::POST, "/api/auth/login");
    let login = login.json(&json!({ "username": person.username, "password": person.password })).send().await?;
    assert_eq!(login.status(), 200);
    Ok(())
}

#[tokio::test]
async fn a_foreign_media_server_that_proves_itself_drives_streams() -> Result<()> {
    let stack = Stack::shared();
    let person = Person::register(stack).await?;
    let stream = person.new_stream("Elsewhere").await?;
    let key = person.key_of(&stream).await?.key;
    let secrets: Value = serde_json::from_slice(&std::fs::read(stack.data().join("secrets.json"))?)?;
    let secret = secrets.as_object().into_iter().flatten().find(|(arn, _)| arn.ends_with(":CallbackSecret"));
    let secret = secret.and_then(|(_, secret)| secret.as_str()).with_context(|| "no callback secret")?;
    let call = async |path: &str, body: &Value, shift: i64, secret: &str| -> Result<reqwest::Response> {
        let (at, body) = (jiff::Timestamp::now().as_second() + shift, body.to_string());
        let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())?;
        let proof = mac.chain_update(format!("{at}.{body}")).finalize().into_bytes();
        let proof: String = proof.iter().map(|byte| format!("{byte:02x}")).collect();
        let ask = person.anonymous(Method::POST, path).header("content-type", "application/json");
        Ok(ask.header("x-skylark-signature", format!("t={at},v1={proof}")).body(body).send().await?)
    };
    let media = "/api/v1/callbacks/media";
    let start = json!({ "event": "STREAM_START", "streamKey": key, "sessionId": "elsewhere-1" });
    assert_eq!(call(media, &start, 0, "guess").await?.status(), 401);
    assert_eq!(call(media, &start, -301, secret).await?.status(), 401);
    let unknown = json!({ "event": "STREAM_START", "streamKey": "sk_none", "sessionId": "elsewhere-1" });
    assert_eq!(call(media, &unknown, 0, secret).await?.status(), 404);
    assert_eq!(person.stream(&stream).await?["state"], "CREATED");
    // Replays have no effect.
    for _ in 0..2 {
        assert_eq!(call(media, &start, 0, secret).await?.status(), 204);
        assert_eq!(person.stream(&stream).await?["status"], "LIVE");
    }
    let version = async || -> Result<String> {
        let path = format!("/api/v1/streams/{}", field(&stream, "id")?);
        Ok(person.request(Method::GET, &path).send().await?.headers()["etag"].to_str()?.to_owned())
    };
    let before = version().await?;
    call("/api/v1/events/ams-live-callback", &start, 0, secret).await?;
    assert_eq!(version().await?, before);
    let hook = json!({ "action": "on_unpublish", "client_id": "elsewhere-1", "stream": "x", "param": format!("?token={key}"), "app": "live" });
    let answer: Value = call("/api/v1/callbacks/on_unpublish", &hook, 0, secret).await?.json().await?;
    assert_eq!(answer, json!({ "code": 0 }));
    person.stream_that(&stream, |now| now["ingest"]["state"] == "RECONNECTING").await?;
    let hook = json!({ "client_id": "elsewhere-2", "stream": key });
    assert_eq!(call("/api/v1/callbacks/on_publish", &hook, 0, secret).await?.status(), 200);
    person.stream_that(&stream, |now| now["ingest"]["state"] == "CONNECTED").await?;
    Ok(())
}

#[tokio::test]
async fn a_bus_that_takes_no_domain_events_stops_no_stream() -> Result<()> {
    let stack = Stack::start()?;
    let person = Person::register(&stack).await?;
    let stream = person.new_stream("Sunrise").await?;
    stack.inject("events", "*", "unavailable", u32::MAX).await?;
    let key = person.key_of(&stream).await?;
    let _encoder = Encoder::publish(&key.address())?;
    person.stream_is(&stream, "LIVE").await?;
    stack.heal().await?;
    assert_eq!(person.act(&stream, "stop").await?.0, 202);
    person.stream_is(&stream, "ARCHIVED").await?;
    Ok(())
}
