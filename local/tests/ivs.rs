//! The control plane of the IVS stand-in, met by AWS's own client.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "kit/ivs.rs"]
mod kit;

use aws_sdk_ivs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ivs::types::{ChannelLatencyMode, ChannelType};
use kit::{RECORDING, Server, start};
use skylark_local::ivs::Options;

/// The code and the status that AWS answers.
fn refused<T: std::fmt::Debug, E: ProvideErrorMetadata + std::fmt::Debug>(
    answer: Result<T, SdkError<E>>,
) -> (String, u16) {
    let error = answer.unwrap_err();
    let status = error.raw_response().map_or(0, |response| response.status().as_u16());
    (error.code().unwrap_or_default().to_owned(), status)
}

async fn create(server: &Server, name: &str) -> (String, String, String) {
    let made = server.client.create_channel().name(name).send().await.unwrap();
    let (channel, key) = (made.channel.unwrap(), made.stream_key.unwrap());
    (channel.arn.unwrap(), key.arn.unwrap(), key.value.unwrap())
}

#[tokio::test]
async fn a_channel_is_made_with_a_key_changed_and_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path(), Options::default()).await;
    let made = server
        .client
        .create_channel()
        .name("live-1")
        .r#type(ChannelType::BasicChannelType)
        .recording_configuration_arn(RECORDING)
        .tags("owner", "u1")
        .send()
        .await
        .unwrap();
    let (channel, key) = (made.channel.unwrap(), made.stream_key.unwrap());
    let arn = channel.arn.clone().unwrap();
    let id = arn.strip_prefix("arn:aws:ivs:us-east-1:000000000000:channel/").unwrap();
    assert!(id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{id}");
    assert!(key.value().unwrap().starts_with("sk_us-east-1_") && key.value().unwrap().len() == 56, "{key:?}");
    assert_eq!(key.channel_arn(), Some(arn.as_str()));
    assert_eq!(channel.latency_mode(), Some(&ChannelLatencyMode::LowLatency));
    assert_eq!(channel.ingest_endpoint().map(|endpoint| format!("rtmp://{endpoint}")), Some(server.rtmp.clone()));
    let playback = format!("{}/api/video/v1/us-east-1.000000000000.channel.{id}.m3u8", server.playback);
    assert_eq!(channel.playback_url(), Some(playback.as_str()));

    let change = server.client.update_channel().arn(&arn).latency_mode(ChannelLatencyMode::NormalLatency);
    let changed = change.recording_configuration_arn("").authorized(true).send().await.unwrap().channel.unwrap();
    assert_eq!((changed.authorized(), changed.recording_configuration_arn()), (true, Some("")));
    let found = server.client.get_channel().arn(&arn).send().await.unwrap().channel.unwrap();
    assert_eq!(found, changed);

    assert_eq!(
        refused(server.client.get_stream().channel_arn(&arn).send().await),
        ("ChannelNotBroadcasting".into(), 404)
    );
    assert_eq!(
        refused(server.client.stop_stream().channel_arn(&arn).send().await),
        ("ChannelNotBroadcasting".into(), 404)
    );
    assert_eq!(refused(server.client.get_stream_session().channel_arn(&arn).send().await).1, 404);
    assert!(server.client.list_streams().send().await.unwrap().streams().is_empty());

    server.client.delete_channel().arn(&arn).send().await.unwrap();
    assert_eq!(refused(server.client.get_channel().arn(&arn).send().await), ("ResourceNotFoundException".into(), 404));
    assert_eq!(refused(server.client.get_stream_key().arn(key.arn().unwrap()).send().await).1, 404);
}

#[tokio::test]
async fn a_key_is_rotated_by_deleting_and_creating() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path(), Options::default()).await;
    let (channel, key, value) = create(&server, "a").await;
    let found = server.client.get_stream_key().arn(&key).send().await.unwrap().stream_key.unwrap();
    assert_eq!(found.value(), Some(value.as_str()));
    assert_eq!(
        refused(server.client.create_stream_key().channel_arn(&channel).send().await),
        ("ServiceQuotaExceededException".into(), 402)
    );
    server.client.delete_stream_key().arn(&key).send().await.unwrap();
    let fresh = server.client.create_stream_key().channel_arn(&channel).send().await.unwrap().stream_key.unwrap();
    assert_ne!(fresh.value(), Some(value.as_str()));
    let listed = server.client.list_stream_keys().channel_arn(&channel).send().await.unwrap();
    assert_eq!(listed.stream_keys().iter().filter_map(|key| key.arn()).collect::<Vec<_>>(), [fresh.arn().unwrap()]);
    let both = server.client.batch_get_stream_key().arns(&key).arns(fresh.arn().unwrap()).send().await.unwrap();
    assert_eq!((both.stream_keys().len(), both.errors().len()), (1, 1));
    assert_eq!(both.errors()[0].arn(), Some(key.as_str()));
}

#[tokio::test]
async fn channels_are_listed_by_pages_names_and_recordings() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path(), Options::default()).await;
    let mut arns = Vec::new();
    for name in ["a", "b", "a"] {
        arns.push(create(&server, name).await.0);
    }
    let change = server.client.update_channel().arn(&arns[1]).recording_configuration_arn(RECORDING);
    change.send().await.unwrap();
    let pages = server.client.list_channels().max_results(2).into_paginator().send().collect::<Vec<_>>().await;
    let pages: Vec<Vec<_>> = pages.into_iter().map(|page| page.unwrap().channels().to_vec()).collect();
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
    let named = server.client.list_channels().filter_by_name("a").send().await.unwrap();
    assert_eq!(
        named.channels().iter().filter_map(|channel| channel.arn()).collect::<Vec<_>>(),
        [arns[0].as_str(), arns[2].as_str()]
    );
    let recorded = server.client.list_channels().filter_by_recording_configuration_arn(RECORDING).send().await.unwrap();
    assert_eq!(recorded.channels()[0].arn(), Some(arns[1].as_str()));
    let found = server.client.batch_get_channel().arns(&arns[2]).arns(&arns[0]).send().await.unwrap();
    assert_eq!(found.channels().len(), 2);
    let in_use = server.client.delete_recording_configuration().arn(RECORDING).send().await;
    assert_eq!(refused(in_use), ("ConflictException".into(), 409));
    assert_eq!(refused(server.client.list_channels().next_token("x").send().await).1, 400);
}

#[tokio::test]
async fn what_aws_would_not_take_is_not_taken() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path(), Options::default()).await;
    let client = &server.client;
    let long = "a".repeat(129);
    for name in ["a b", "ä", &long] {
        let answer = refused(client.create_channel().name(name).send().await);
        assert_eq!(answer, ("ValidationException".into(), 400), "{name}");
    }
    let kind = client.create_channel().r#type(ChannelType::from("HUGE")).send().await;
    assert_eq!(refused(kind).1, 400);
    let preset = client.create_channel().preset(aws_sdk_ivs::types::TranscodePreset::from("HIGHER_BANDWIDTH_DELIVERY"));
    assert_eq!(refused(preset.send().await).1, 400);
    let nowhere = RECORDING.replace("recordings12", "recordings13");
    assert_eq!(refused(client.create_channel().recording_configuration_arn(nowhere).send().await).1, 404);
    assert_eq!(refused(client.create_channel().recording_configuration_arn("x").send().await).1, 400);
    assert_eq!(refused(client.get_channel().arn("arn:aws:s3:::x").send().await).1, 400);
    assert_eq!(refused(client.create_channel().tags("aws:x", "1").send().await).1, 400);
}

#[tokio::test]
async fn more_calls_than_the_limit_are_throttled() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path(), Options { calls_per_second: 5, ..Options::default() }).await;
    let calls = (0..20).map(|_| server.client.list_channels().send());
    let answers = futures_util::future::join_all(calls).await;
    let (allowed, refusals): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert!((5..20).contains(&allowed.len()), "{}", allowed.len());
    for refusal in refusals {
        assert_eq!(refused(refusal), ("ThrottlingException".into(), 429));
    }
}

const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEiPtfyFXmICSafS9l1vLQdWkh3fDQeEV5
xsRGwBxxnOOY0XawBOYD0vdoMter3AUdR0zNO7oq0Y37t7TW8b1wARPD+VDYrjT8
ZIDRs1s9x+5HgjeSy3LrRzwJHX/IdC6k
-----END PUBLIC KEY-----";

#[tokio::test]
async fn three_playback_keys_may_be_imported() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path(), Options::default()).await;
    let import = |key: &str| server.client.import_playback_key_pair().public_key_material(key).name("k").send();
    let first = import(PUBLIC_KEY).await.unwrap().key_pair.unwrap();
    assert_eq!(first.fingerprint().unwrap().len(), 47);
    assert_eq!(refused(import(PUBLIC_KEY).await), ("ConflictException".into(), 409));
    assert_eq!(refused(import("no key").await).1, 400);
    // Any other point's bytes: whether it is on the curve is found out when a token is verified.
    let other = |letter: &str| PUBLIC_KEY.replacen("tfyFXm", &format!("tfyFX{letter}"), 1);
    for letter in ["C", "D"] {
        import(&other(letter)).await.unwrap();
    }
    assert_eq!(refused(import(&other("E")).await), ("ServiceQuotaExceededException".into(), 402));
    let listed = server.client.list_playback_key_pairs().send().await.unwrap();
    assert_eq!(listed.key_pairs().len(), 3);
    let arn = first.arn().unwrap();
    assert_eq!(server.client.get_playback_key_pair().arn(arn).send().await.unwrap().key_pair.unwrap(), first);
    server.client.delete_playback_key_pair().arn(arn).send().await.unwrap();
    assert_eq!(refused(server.client.get_playback_key_pair().arn(arn).send().await).1, 404);
}

#[tokio::test]
async fn resources_are_tagged_and_untagged() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path(), Options::default()).await;
    let (channel, ..) = create(&server, "a").await;
    server.client.tag_resource().resource_arn(&channel).tags("a", "1").tags("b", "2").send().await.unwrap();
    server.client.untag_resource().resource_arn(&channel).tag_keys("a").send().await.unwrap();
    let tags = server.client.list_tags_for_resource().resource_arn(&channel).send().await.unwrap();
    assert_eq!(tags.tags().iter().collect::<Vec<_>>(), [(&"b".to_owned(), &"2".to_owned())]);
    let found = server.client.get_channel().arn(&channel).send().await.unwrap().channel.unwrap();
    assert_eq!(found.tags().unwrap()["b"], "2");
}

#[tokio::test]
async fn the_templates_recording_configuration_is_there_and_others_can_be_made() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path(), Options::default()).await;
    let found = server.client.get_recording_configuration().arn(RECORDING).send().await.unwrap();
    let found = found.recording_configuration.unwrap();
    let bucket = found.destination_configuration().and_then(|place| place.s3()).map(|s3| s3.bucket_name());
    assert_eq!((bucket, found.state().as_str()), (Some("media"), "ACTIVE"));
    let create = |bucket: &str| {
        let s3 = aws_sdk_ivs::types::S3DestinationConfiguration::builder().bucket_name(bucket).build().unwrap();
        let place = aws_sdk_ivs::types::DestinationConfiguration::builder().s3(s3).build();
        server.client.create_recording_configuration().destination_configuration(place).send()
    };
    let made = create("media").await.unwrap().recording_configuration.unwrap();
    assert_eq!(refused(create("nowhere").await).1, 400);
    assert_eq!(server.client.list_recording_configurations().send().await.unwrap().recording_configurations().len(), 2);
    server.client.delete_recording_configuration().arn(made.arn()).send().await.unwrap();
    assert_eq!(refused(server.client.get_recording_configuration().arn(made.arn()).send().await).1, 404);
}

#[tokio::test]
async fn what_was_made_survives_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path(), Options::default()).await;
    let (channel, key, value) = create(&server, "a").await;
    server.stop.send(true).unwrap();
    let server = start(dir.path(), Options::default()).await;
    assert!(server.client.get_channel().arn(&channel).send().await.is_ok());
    let found = server.client.get_stream_key().arn(&key).send().await.unwrap().stream_key.unwrap();
    assert_eq!(found.value(), Some(value.as_str()));
}
