//! Streams through the IVS stand-in: ffmpeg publishes over RTMP, HTTP plays, events tell.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "kit/ivs.rs"]
mod kit;

use aws_sdk_ivs::error::ProvideErrorMetadata;
use aws_sdk_ivs::types::{StreamHealth, StreamState};
use kit::{media_playlist, start, text, until};
use skylark_local::ivs::Options;

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_begins_plays_is_measured_and_ends() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path(), Options::default()).await;
    let channel = server.channel(false).await;
    text(&channel.playback, 404).await;

    let encoder = server.encoder(&channel.key);
    server.until_state("Stream Start").await;
    let playlist = media_playlist(&channel.playback).await;
    until("a segment", async || text(&playlist, 200).await.contains("#EXTINF")).await;
    let listed = text(&playlist, 200).await;
    assert!(listed.contains("#EXT-X-PART:") && listed.contains("CAN-BLOCK-RELOAD=YES"), "{listed}");
    let (width, height, has_audio) = {
        let url = channel.playback.clone();
        tokio::task::spawn_blocking(move || skylark_tests::media::probe(&url).unwrap()).await.unwrap()
    };
    assert_eq!((width, height, has_audio), (640, 360, true));

    let stream = server.client.get_stream().channel_arn(&channel.arn).send().await.unwrap().stream.unwrap();
    assert_eq!((stream.state(), stream.health()), (Some(&StreamState::StreamLive), Some(&StreamHealth::StreamHealthy)));
    // ffprobe, at least: this test's own look may be too long ago.
    assert!((1..=2).contains(&stream.viewer_count()), "{}", stream.viewer_count());
    let listed = server.client.list_streams().send().await.unwrap();
    assert_eq!(listed.streams()[0].stream_id(), stream.stream_id());
    for conflict in [
        server.client.delete_channel().arn(&channel.arn).send().await.unwrap_err().code().map(str::to_owned),
        server.client.update_channel().arn(&channel.arn).name("b").send().await.unwrap_err().code().map(str::to_owned),
    ] {
        assert_eq!(conflict.as_deref(), Some("ConflictException"));
    }
    let session = server.client.get_stream_session().channel_arn(&channel.arn).send().await.unwrap();
    let session = session.stream_session.unwrap();
    let video = session.ingest_configuration().and_then(|ingest| ingest.video()).unwrap();
    assert_eq!((video.video_width(), video.video_height(), video.target_framerate()), (640, 360, 30));
    let sample = async || server.events().into_iter().find(|event| event["detail"]["fps"].as_f64() > Some(20.0));
    until("a sample", async || sample().await.is_some()).await;
    let sample = sample().await.unwrap();
    assert_eq!(
        (sample["source"].as_str(), sample["detail-type"].as_str()),
        (Some("skylark.ingest"), Some("Ingest Sample"))
    );
    assert_eq!(sample["resources"][0], channel.arn.as_str());
    assert_eq!((&sample["detail"]["width"], &sample["detail"]["height"]), (&640.into(), &360.into()));
    assert_eq!(sample["detail"]["stream_id"].as_str(), stream.stream_id());

    encoder.stop().await;
    server.until_state("Stream End").await;
    assert_eq!(server.states(), ["Session Created", "Stream Start", "Session Ended", "Stream End"]);
    text(&channel.playback, 404).await;
    assert!(!text(&playlist, 200).await.contains("#EXT-X-ENDLIST"), "the encoder may come back");
    let gone = server.client.get_stream().channel_arn(&channel.arn).send().await.unwrap_err();
    assert_eq!(gone.code(), Some("ChannelNotBroadcasting"));
    let sessions = server.client.list_stream_sessions().channel_arn(&channel.arn).send().await.unwrap();
    assert!(sessions.stream_sessions()[0].end_time().is_some());
    server.client.delete_channel().arn(&channel.arn).send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_refused_and_ten_of_them_block_the_address() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path(), Options::default()).await;
    let channel = server.channel(false).await;
    for _ in 0..10 {
        let said = server.encoder("sk_us-east-1_wrong").ended().await;
        assert!(!said.is_empty(), "ffmpeg goes on with a wrong key");
    }
    // The right key does not help now.
    let said = server.encoder(&channel.key).ended().await;
    assert!(!said.is_empty());
    assert!(server.states().is_empty(), "{:?}", server.states());
}

#[tokio::test(flavor = "multi_thread")]
async fn second_publisher_with_the_same_key_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path(), Options::default()).await;
    let channel = server.channel(false).await;
    let first = server.encoder(&channel.key);
    server.until_state("Stream Start").await;
    assert!(!server.encoder(&channel.key).ended().await.is_empty());
    assert_eq!(server.count("Session Created"), 1);
    assert_eq!(server.count("Session Ended"), 0);
    first.stop().await;
    server.until_state("Stream End").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reconnect_goes_on_behind_a_discontinuity_and_a_stop_ends_the_playlist() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path(), Options::default()).await;
    let channel = server.channel(false).await;
    let first = server.encoder(&channel.key);
    server.until_state("Stream Start").await;
    let playlist = media_playlist(&channel.playback).await;
    until("a segment", async || text(&playlist, 200).await.contains("#EXTINF")).await;
    // As a crash or a lost network: no unpublish.
    drop(first);
    server.until_state("Stream End").await;
    let second = server.encoder(&channel.key);
    until("the second start", async || server.count("Stream Start") == 2).await;
    until("a discontinuity", async || text(&playlist, 200).await.contains("\n#EXT-X-DISCONTINUITY\n")).await;

    server.client.stop_stream().channel_arn(&channel.arn).send().await.unwrap();
    assert!(!second.ended().await.is_empty(), "the encoder is cut");
    until("the second end", async || server.count("Stream End") == 2).await;
    assert!(text(&playlist, 200).await.ends_with("#EXT-X-ENDLIST\n"));
    let third = server.encoder(&channel.key);
    until("the third start", async || server.count("Stream Start") == 3).await;
    assert_ne!(media_playlist(&channel.playback).await.split('?').next(), playlist.split('?').next());
    third.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sound_without_a_picture_and_too_large_a_picture_are_cut() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path(), Options::default()).await;
    let channel = server.channel(false).await;
    let sound = server.encoder_with(&channel.key, "-f lavfi -i sine -vn -c:a aac");
    assert!(!sound.ended().await.is_empty());
    server.until_state("Session Ended").await;
    assert_eq!(server.states(), ["Session Created", "Stream Failure", "Session Ended"]);

    let large = server.encoder_with(&channel.key, "-f lavfi -i testsrc2=size=1922x200:rate=5");
    assert!(!large.ended().await.is_empty());
    until("the breach", async || server.count("Ingest Resolution") == 1).await;
    until("the end", async || server.count("Session Ended") == 2).await;
    let breach = server.events().into_iter().find(|event| event["detail-type"] == "IVS Limit Breach").unwrap();
    assert_eq!(breach["detail"]["exceeded_by"], 2);
    assert_eq!(breach["detail"]["limit_unit"], "pixels per edge");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standard_channel_has_smaller_sizes_beside_the_source() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path(), Options::default()).await;
    let channel = server.channel(false).await;
    let standard = aws_sdk_ivs::types::ChannelType::StandardChannelType;
    server.client.update_channel().arn(&channel.arn).r#type(standard).send().await.unwrap();
    let encoder = server.encoder(&channel.key);
    server.until_state("Stream Start").await;
    until("a smaller size", async || text(&channel.playback, 200).await.contains("RESOLUTION=284x160")).await;
    let variants = text(&channel.playback, 200).await;
    assert_eq!(variants.matches("#EXT-X-STREAM-INF").count(), 2, "{variants}");
    assert!(variants.contains("RESOLUTION=640x360") && variants.contains("/160p/playlist.m3u8?session="), "{variants}");
    let smaller = variants.lines().find(|line| line.contains("/160p/")).unwrap();
    let smaller = format!("{}{smaller}", server.playback);
    until("a segment", async || text(&smaller, 200).await.contains("#EXTINF")).await;
    let probed = tokio::task::spawn_blocking(move || skylark_tests::media::probe(&smaller).unwrap()).await.unwrap();
    assert_eq!(probed, (284, 160, true));
    encoder.stop().await;
    server.until_state("Stream End").await;
}
