//! `skylark seed` and `skylark demo` on the real binaries.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::io::Read;
use std::time::{SystemTime, UNIX_EPOCH};

use flate2::read::GzDecoder;
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use skylark_tests::{Person, Stack, media};

const PASSWORD: &str = "watch the skylark";
const PEOPLE: [&str; 3] = ["demo", "robin_films", "wren_watches"];

async fn sign_in(username: &str) -> Person {
    Person::sign_in(Stack::shared(), username, PASSWORD).await.unwrap()
}

async fn get(person: &Person, path: &str) -> Value {
    let answer = person.request(Method::GET, &format!("/api/v1{path}")).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    answer.json().await.unwrap()
}

/// Somebody's own videos or streams of these titles.
async fn own(person: &Person, what: &str, titles: &[&str]) -> Vec<Value> {
    let list = get(person, &format!("/{what}?userId=me&limit=100")).await;
    let items = list["items"].as_array().unwrap().iter();
    items.filter(|item| titles.contains(&item["title"].as_str().unwrap())).cloned().collect()
}

const VIDEOS: [&str; 4] = ["Colour bars", "A walk into the Mandelbrot set", "A game of life", "Holiday film"];
const STREAMS: [&str; 2] = ["An evening with skylarks", "Sunrise over the moor"];

/// All that the seed has made, as its owners see it.
async fn seeded() -> (Vec<Value>, Vec<Value>) {
    let (mut videos, mut streams) = (Vec::new(), Vec::new());
    for username in PEOPLE {
        let person = sign_in(username).await;
        videos.extend(own(&person, "videos", &VIDEOS).await);
        streams.extend(own(&person, "streams", &STREAMS).await);
    }
    (videos, streams)
}

#[tokio::test]
async fn a_seed_that_was_killed_is_gone_on_with_and_a_third_changes_nothing() {
    let stack = Stack::shared();
    let mut cut = stack.begin(&["seed"]).unwrap();
    let live = cut.says("is live for").await.unwrap();
    cut.kill_9().unwrap();

    let (done, said) = stack.begin(&["seed"]).unwrap().ended().await.unwrap();
    assert!(done, "{said}");
    for username in PEOPLE {
        assert!(said.contains(&format!("{username} can sign in with the password: {PASSWORD}")), "{said}");
    }
    // Some may have been there before the kill.
    for title in VIDEOS.iter().chain(&STREAMS) {
        assert!(said.contains(&format!("\"{title}\" ")), "nothing of {title}: {said}");
    }
    assert!(said.contains("sk_****..."), "{said}");
    let id = live.rsplit('/').next().unwrap();
    assert!(said.lines().any(|line| line.contains("is live for") && line.ends_with(id)), "another stream: {said}");

    let (videos, streams) = seeded().await;
    let failed: Vec<&Value> = videos.iter().filter(|video| video["status"] == "FAILED").collect();
    let ready = videos.iter().filter(|video| video["status"] == "READY").count();
    assert_eq!((videos.len(), ready, failed.len(), streams.len()), (4, 3, 1, 2), "{videos:?}\n{streams:?}");
    assert!(failed[0]["failure"]["message"].as_str().unwrap().starts_with("Unsupported format"), "{failed:?}");
    let owners: BTreeSet<&str> = videos.iter().map(|video| video["userId"].as_str().unwrap()).collect();
    assert_eq!(owners.len(), 3);
    let creator = sign_in("robin_films").await;
    let profile = get(&creator, "/users/robin_films").await;
    assert!(profile["displayName"] == "Robin Meadows" && profile["bio"].is_string(), "{profile}");
    let planned = streams.iter().find(|stream| stream["status"] == "SCHEDULED").unwrap();
    assert!(planned["scheduledAt"].as_str().unwrap().parse::<Timestamp>().unwrap() > Timestamp::now());
    let past = get(&creator, &format!("/streams/{id}")).await;
    assert_eq!(past["state"], "ARCHIVED");
    check_replay(&get(&creator, &format!("/videos/{}", past["videoId"].as_str().unwrap())).await).await;

    let (done, said) = stack.begin(&["seed"]).unwrap().ended().await.unwrap();
    assert!(done && said.matches("is there already").count() == 6, "{said}");
    assert_eq!(seeded().await, (videos, streams));
}

/// What three people said stands beside the video where it was said.
async fn check_replay(video: &Value) {
    assert_eq!(video["status"], "READY");
    let replay = reqwest::get(video["chatReplayUrl"].as_str().unwrap()).await.unwrap().bytes().await.unwrap();
    let mut text = String::new();
    GzDecoder::new(&*replay).read_to_string(&mut text).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let at: Vec<u64> = lines.iter().map(|line| line["media_ms"].as_u64().unwrap()).collect();
    let authors: BTreeSet<&str> = lines.iter().map(|line| line["username"].as_str().unwrap()).collect();
    assert_eq!((lines.len(), authors), (9, BTreeSet::from(PEOPLE)), "{text}");
    // Each at its time, and the picture is there a little before.
    assert!(at.is_sorted() && at[0] >= 500 && at[8] <= video["durationMs"].as_u64().unwrap(), "{at:?}");
    assert!(at[8] - at[0] >= 15_000, "{at:?}");
}

/// The time in a frame of a width of 32 blocks, in milliseconds modulo 2^31.
fn clock(frame: &[u8], block: usize) -> Option<u64> {
    let is_white =
        |column: usize, row: usize| frame[(row * block + block / 2) * 32 * block + column * block + block / 2] > 127;
    let bits: Vec<bool> = (0..32).map(|column| is_white(column, 0)).collect();
    let is_whole = (0..32).all(|column| bits[column] != is_white(column, 1));
    let is_even = bits.iter().filter(|bit| **bit).count() % 2 == 0;
    (is_whole && is_even).then(|| (0..31).filter(|bit| bits[*bit]).map(|bit| 1 << bit).sum())
}

#[tokio::test]
async fn a_demo_is_live_with_a_clock_and_ends_as_a_video() {
    let mut demo = Stack::shared().begin(&["demo", "live", "--title", "What time is it?"]).unwrap();
    let page = demo.says("publishes \"What time is it?\": ").await.unwrap();
    demo.says("it is LIVE").await.unwrap();
    demo.says("LIVE, encoder CONNECTED").await.unwrap();
    let person = sign_in("demo").await;
    let path = format!("/streams/{}", page.rsplit('/').next().unwrap());
    let stream = get(&person, &path).await;
    assert_eq!(stream["status"], "LIVE");

    let began = std::time::Instant::now();
    let age = loop {
        let frame = media::frame(stream["playbackUrl"].as_str().unwrap(), 320, 180);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() % (1 << 31);
        // There may be no whole segment yet.
        if let Ok(frame) = frame {
            break now as i64 - clock(&frame, 10).unwrap() as i64;
        }
        assert!(began.elapsed().as_secs() < 30, "{frame:?}");
    };
    println!("a frame that is decoded by ffmpeg is {age} ms old");
    assert!((0..20_000).contains(&age), "{age}");

    demo.interrupt().unwrap();
    let (done, said) = demo.ended().await.unwrap();
    assert!(done && said.contains("it plays at http://"), "{said}");
    let ended = get(&person, &path).await;
    assert_eq!(ended["state"], "ARCHIVED");
    let video = get(&person, &format!("/videos/{}", ended["videoId"].as_str().unwrap())).await;
    assert_eq!(video["resolution"], "1280x720", "{video}");
}

#[tokio::test]
async fn a_crowd_of_five_talks_and_measures_its_echo() {
    let stack = Stack::shared();
    let person = Person::register(stack).await.unwrap();
    let stream = person.stream_with(json!({ "title": "Talk", "visibility": "UNLISTED" })).await.unwrap();
    let id = stream["id"].as_str().unwrap();
    let mut crowd = stack.begin(&["demo", "chat", "--stream", id, "--users", "5", "--rate", "10"]).unwrap();
    crowd.says("5 of 5 people are here").await.unwrap();
    let measured = crowd.says(" p95 ").await.unwrap();
    assert!(measured.contains("echoed; p50 "), "{measured}");
    crowd.interrupt().unwrap();
    let (done, said) = crowd.ended().await.unwrap();
    let in_all = said.lines().find_map(|line| line.strip_prefix("chat in all: ")).unwrap();
    assert!(done && !said.contains("RATE_LIMITED") && !said.contains("without an echo"), "{said}");
    let echoed: usize = in_all.split(' ').nth(3).unwrap().parse().unwrap();
    let history = get(&person, &format!("/streams/{id}/messages?limit=100")).await;
    let messages = history["items"].as_array().unwrap();
    let authors: BTreeSet<&str> = messages.iter().map(|message| message["username"].as_str().unwrap()).collect();
    assert!(messages.len() >= echoed.min(100) && authors.len() == 5, "{in_all}: {history}");

    let (done, said) = stack.begin(&["demo", "chat", "--users", "201"]).unwrap().ended().await.unwrap();
    assert!(!done && said.contains("201 is not in 1..=200"), "{said}");
    let nowhere = ["demo", "chat", "--stream", "str_01m7zkpcqze8a8bdb07jx2b3f1"];
    let (done, said) = stack.begin(&nowhere).unwrap().ended().await.unwrap();
    assert!(!done && said.contains("skylark: there is no stream str_"), "{said}");
}

#[tokio::test]
async fn a_cut_line_is_told_as_viewers_see_it_and_the_same_stream_goes_on() {
    let (done, said) = Stack::shared().begin(&["demo", "disconnect"]).unwrap().ended().await.unwrap();
    assert!(done, "{said}");
    let steps =
        ["it is LIVE", "killed", "LIVE, encoder RECONNECTING", "comes back", "LIVE, encoder CONNECTED", "plays at"];
    let at = steps.map(|step| said.rfind(step).unwrap_or_else(|| panic!("no \"{step}\" in {said}")));
    assert!(at.is_sorted(), "{said}");
    let person = sign_in("wren_watches").await;
    let streams = own(&person, "streams", &["The line is cut"]).await;
    assert_eq!((streams.len(), &streams[0]["state"]), (1, &json!("ARCHIVED")));
    let path = format!("/channels/{}/sessions", streams[0]["channelId"].as_str().unwrap());
    let sessions = get(&person, &path).await;
    let of_stream: Vec<&Value> = sessions["items"].as_array().unwrap().iter().map(|one| &one["streamId"]).collect();
    assert_eq!(of_stream, [&streams[0]["id"]; 2]);
}
