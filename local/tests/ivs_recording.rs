//! Recordings of the IVS stand-in, and what becomes of streams when everything is killed.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "kit/ivs.rs"]
mod kit;

use std::path::{Path, PathBuf};

use kit::{Server, media_playlist, start, text, until};
use serde_json::Value;
use skylark_local::ivs::Options;

impl Server {
    fn recorded(&self, prefix: &str) -> Vec<String> {
        let objects = self.objects.list("media", prefix, "", 1000).unwrap();
        objects.into_iter().map(|object| object.key[prefix.len()..].to_owned()).collect()
    }

    fn object(&self, key: &str) -> String {
        let object = self.objects.get("media", key).unwrap_or_else(|error| panic!("{key}: {error}"));
        std::fs::read_to_string(self.objects.path(&object)).unwrap()
    }

    /// Writes the recording's media into `folder` under their own names and answers the master's path.
    fn export(&self, prefix: &str, folder: &Path) -> PathBuf {
        for object in self.objects.list("media", prefix, "", 1000).unwrap() {
            let file = folder.join(&object.key[prefix.len() + 1..]);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::copy(self.objects.path(&object), file).unwrap();
        }
        folder.join("media/hls/master.m3u8")
    }

    fn recording_event(&self, status: &str) -> Value {
        let events = self.events();
        let found = events.into_iter().find(|event| event["detail"]["recording_status"] == status);
        found.unwrap_or_else(|| panic!("no {status}"))["detail"].take()
    }
}

/// Milliseconds that decode.
fn decoded_ms(master: &Path) -> u64 {
    let probe = std::process::Command::new(std::env::var_os("FFPROBE").unwrap_or_else(|| "ffprobe".into()))
        .args(["-v", "error", "-allowed_extensions", "ALL", "-count_packets", "-select_streams", "v:0"])
        .args(["-show_entries", "stream=nb_read_packets", "-of", "csv=p=0"])
        .arg(master)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&probe.stderr).into_owned();
    assert!(probe.status.success() && said.is_empty(), "{said}");
    // The stream is printed once for its program and once for itself.
    let printed = String::from_utf8(probe.stdout).unwrap();
    let frames: u64 = printed.lines().next().unwrap().trim_end_matches(',').parse().unwrap();
    frames * 1000 / 30
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_has_ivs_layout_and_plays() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path(), Options::default()).await;
    let channel = server.channel(true).await;
    let encoder = server.encoder(&channel.key);
    server.until_state("Recording Start").await;
    let prefix = server.recording_event("Recording Start")["recording_s3_key_prefix"].as_str().unwrap().to_owned();
    assert_eq!(prefix.split('/').count(), 10, "{prefix}");
    assert!(prefix.starts_with(&format!("ivs/v1/000000000000/{}/20", channel.arn.rsplit('/').next().unwrap())));
    let playlist = format!("{prefix}/media/hls/360p30/playlist.m3u8");
    until("three segments", async || server.recorded(&prefix).contains(&"/media/hls/360p30/segment-2.m4s".into()))
        .await;
    let dvr = media_playlist(&format!("{}?dvr=1", channel.playback)).await;
    assert!(text(&dvr, 200).await.contains("segment-0.m4s"));
    encoder.stop().await;
    server.until_state("Recording End").await;
    assert_eq!(
        server.states(),
        ["Session Created", "Stream Start", "Recording Start", "Session Ended", "Stream End", "Recording End"]
    );
    let keys = server.recorded(&prefix);
    for key in [
        "/events/recording-started.json",
        "/events/recording-ended.json",
        "/media/hls/master.m3u8",
        "/media/hls/byte-range-multivariant.m3u8",
        "/media/hls/360p30/init-0.mp4",
        "/media/hls/360p30/playlist.m3u8",
        "/media/thumbnails/thumb0.jpg",
        "/media/latest_thumbnail/thumb.jpg",
    ] {
        assert!(keys.contains(&key.to_owned()), "{key} in {keys:?}");
    }
    let ended: Value = serde_json::from_str(&server.object(&format!("{prefix}/events/recording-ended.json"))).unwrap();
    let event = server.recording_event("Recording End");
    let media = &ended["media"]["hls"];
    assert_eq!((&ended["version"], &ended["recording_status"]), (&"v1".into(), &"RECORDING_ENDED".into()));
    assert_eq!(media["duration_ms"], event["recording_duration_ms"]);
    assert_eq!((&media["path"], &media["playlist"]), (&"media/hls".into(), &"master.m3u8".into()));
    assert_eq!(media["renditions"][0]["path"], "360p30");
    assert_eq!(media["renditions"][0]["resolution_width"], 640);
    assert_eq!(ended["media"]["thumbnails"]["resolution_height"], 360);
    assert_eq!(event["recording_s3_bucket_name"], "media");
    assert_eq!(event["recording_session_stream_ids"][0], event["stream_id"]);

    let closed = server.object(&playlist);
    assert!(closed.ends_with("#EXT-X-ENDLIST\n") && closed.contains("#EXT-X-PLAYLIST-TYPE:EVENT"), "{closed}");
    let out = tempfile::tempdir().unwrap();
    let decoded = decoded_ms(&server.export(&prefix, out.path()));
    let told = media["duration_ms"].as_u64().unwrap();
    assert!(told >= 4000 && told.abs_diff(decoded) < 200, "{told} told, {decoded} decoded");
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_that_were_killed_end_with_the_next_start_and_their_recordings_play() {
    let dir = tempfile::tempdir().unwrap();
    let copy = tempfile::tempdir().unwrap();
    let server = start(dir.path(), Options::default()).await;
    let channel = server.channel(true).await;
    let _encoder = server.encoder(&channel.key);
    server.until_state("Recording Start").await;
    let prefix = server.recording_event("Recording Start")["recording_s3_key_prefix"].as_str().unwrap().to_owned();
    until("segments", async || server.recorded(&prefix).contains(&"/media/hls/360p30/segment-3.m4s".into())).await;
    // As a kill -9 would leave them: the files while everything runs. The database first: it names the bodies.
    let halted = server.state.transact(|_| {
        for name in ["state.sqlite", "state.sqlite-wal"] {
            std::fs::copy(dir.path().join(name), copy.path().join(name))?;
        }
        std::fs::create_dir(copy.path().join("objects"))?;
        for entry in std::fs::read_dir(dir.path().join("objects"))? {
            let entry = entry?;
            std::fs::copy(entry.path(), copy.path().join("objects").join(entry.file_name()))?;
        }
        Ok(())
    });
    halted.unwrap();

    let server = start(copy.path(), Options::default()).await;
    server.until_state("Recording End").await;
    let states = server.states();
    assert!(states.ends_with(&["Session Ended", "Stream End", "Recording End"].map(str::to_owned)), "{states:?}");
    let event = server.recording_event("Recording End");
    let told = event["recording_duration_ms"].as_u64().unwrap();
    let out = tempfile::tempdir().unwrap();
    let decoded = decoded_ms(&server.export(&prefix, out.path()));
    assert!(told >= 1500 && told.abs_diff(decoded) < 200, "{told} told, {decoded} decoded");
    assert!(server.recorded(&prefix).contains(&"/events/recording-ended.json".into()));
    let sessions = server.client.list_stream_sessions().channel_arn(&channel.arn).send().await.unwrap();
    assert!(sessions.stream_sessions()[0].end_time().is_some());
    // Nothing is told twice.
    let told = server.states().len();
    server.stop.send(true).unwrap();
    let again = start(copy.path(), Options::default()).await;
    assert_eq!(again.states().len(), told);
    let encoder = again.encoder(&channel.key);
    until("a new start", async || again.count("Stream Start") == 2).await;
    encoder.stop().await;
}
