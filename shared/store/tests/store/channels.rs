//! Channels, streams, and what is listed and measured of them.

use jiff::SignedDuration;
use skylark_domain::Error;
use skylark_domain::channel::commands::{CreateChannel, EditChannel};
use skylark_domain::channel::{ChannelType, LatencyMode};
use skylark_domain::ids::new_id;
use skylark_domain::ports::{Circuits, Rooms};
use skylark_domain::resilience::{Circuit, Gate};
use skylark_domain::stream::health::{Sample, Verdict};
use skylark_domain::stream::session::News;
use skylark_domain::stream::state::Edit;
use skylark_domain::stream::status::Status;
use skylark_domain::stream::{Settings, State, Stream, Visibility};

use crate::live::{second, studio};
use crate::world::{now, world};

#[tokio::test]
async fn a_user_has_as_many_channels_as_allowed_and_no_more() {
    let studio = studio().await;
    let command = CreateChannel {
        name: "Mine".into(),
        latency_mode: LatencyMode::Normal,
        channel_type: ChannelType::Basic,
        recording_enabled: false,
    };
    // IVS is down: the channel is begun, and finished by whoever asks next.
    studio.provider.with(|state| state.is_down = true);
    let failed = studio.live.create_channel(studio.user, command.clone(), None).await;
    assert!(matches!(failed, Err(Error::ProviderUnavailable { .. })), "{failed:?}");
    studio.provider.with(|state| state.is_down = false);
    let made = studio.live.create_channel(studio.user, command.clone(), None).await.unwrap().current;
    assert_eq!(
        made.applied.map(|options| (options.latency_mode, options.recording)),
        Some((LatencyMode::Normal, false))
    );
    let more = studio.live.create_channel(studio.user, command, None).await;
    assert!(matches!(more, Err(Error::LimitReached { code: "stream-limit-reached", .. })), "{more:?}");
    assert_eq!(studio.provider.with(|state| state.channels.len()), 1);

    let arn = made.channel.provider.clone().unwrap().channel_arn;
    assert_eq!(studio.live.channels.by_arn(&arn).await.unwrap(), Some(made.channel.id));
    let edit = EditChannel { recording_enabled: Some(true), ..EditChannel::default() };
    let edited = studio.live.edit_channel(studio.user, made.channel.id, None, edit).await.unwrap();
    assert!(edited.applied.unwrap().recording);
    let foreign = studio.live.owned_channel(new_id(now()), made.channel.id).await;
    assert!(matches!(foreign, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn a_reset_key_is_found_by_its_digest_and_the_old_one_no_more() {
    let studio = studio().await;
    let stream = studio.stream("Sunrise").await;
    let old = studio.live.reveal_key(studio.user, stream.channel_id).await.unwrap();
    let by_key = async |key: &str| studio.live.channels.by_key(&skylark_domain::token::digest(key)).await.unwrap();
    assert_eq!(by_key(&old.key.0).await, Some(stream.channel_id));
    let new = studio.live.reset_key(studio.user, stream.channel_id, None).await.unwrap();
    assert_ne!(old.key, new.key);
    assert_eq!((by_key(&old.key.0).await, by_key(&new.key.0).await), (None, Some(stream.channel_id)));
    let facts = new.channel.key.unwrap();
    assert!(new.key.0.ends_with(&facts.ending) && facts.rotated_at.is_some());
}

#[tokio::test]
async fn one_stream_at_a_time_holds_a_channel() {
    let studio = studio().await;
    let (first, second) = (studio.stream("First").await, studio.stream("Second").await);
    studio.live.start(studio.user, first.id, None, None).await.unwrap();
    assert_eq!(studio.channel().await.active, Some(first.id));
    let refused = studio.live.start(studio.user, second.id, None, None).await;
    assert!(matches!(refused, Err(Error::Conflict { code: "channel-busy", .. })), "{refused:?}");
    let again = studio.live.start(studio.user, first.id, None, None).await.unwrap();
    assert_eq!(again.stream.state, State::Starting);
    let stopped = studio.live.stop(studio.user, first.id, None, None).await.unwrap();
    assert_eq!((stopped.stream.state, studio.channel().await.active), (State::Stopped, None));
    studio.live.start(studio.user, second.id, None, None).await.unwrap();
    let deleted = studio.live.delete_stream(studio.user, first.id, None).await.unwrap();
    assert_eq!(deleted.stream.state, State::Deleted);
    assert!(matches!(studio.live.stream(Some(studio.user), first.id).await, Err(Error::NotFound { .. })));
    let refused = studio.live.delete_stream(studio.user, second.id, None).await;
    assert!(matches!(refused, Err(Error::IllegalTransition { state: "STARTING", .. })), "{refused:?}");
}

#[tokio::test]
async fn without_ivs_start_changes_nothing() {
    let studio = studio().await;
    let stream = studio.stream("Sunrise").await;
    studio.provider.with(|state| state.is_down = true);
    let refused = studio.live.start(studio.user, stream.id, None, None).await;
    assert!(matches!(refused, Err(Error::ProviderUnavailable { .. })), "{refused:?}");
    assert_eq!(studio.reload(&stream).await, stream);
}

#[tokio::test]
async fn a_channel_that_ivs_lost_fails_the_stream_and_is_made_anew() {
    let studio = studio().await;
    let stream = studio.stream("Sunrise").await;
    studio.provider.with(|state| state.channels.clear());
    let refused = studio.live.start(studio.user, stream.id, None, None).await;
    assert!(matches!(refused, Err(Error::Conflict { code: "channel-gone", .. })), "{refused:?}");
    assert_eq!(studio.reload(&stream).await.state, State::Failed);
    let next = studio.stream("Again").await;
    studio.live.start(studio.user, next.id, None, None).await.unwrap();
    assert_eq!(studio.provider.with(|state| state.channels.len()), 1);
}

#[tokio::test]
async fn options_of_the_next_stream_stand_on_the_channel_and_go_with_it() {
    let studio = studio().await;
    let secret = studio.stream_with("Secret", Visibility::Private, Settings::default()).await;
    let authorized = async || studio.channel().await.applied.unwrap().authorized;
    assert!(authorized().await);
    studio.says("st-1", 1, News::Started).await;
    studio.is_live("st-1", 1).await;
    let open = Edit { visibility: Some(Visibility::Public), ..Edit::default() };
    let refused = studio.live.edit_stream(studio.user, secret.id, None, open).await;
    assert!(matches!(refused, Err(Error::Conflict { code: "channel-live", .. })), "{refused:?}");
    // What does not concern IVS can change.
    let words = Edit { title: Some("Secret show".into()), ..Edit::default() };
    assert_eq!(studio.live.edit_stream(studio.user, secret.id, None, words).await.unwrap().stream.title, "Secret show");
    studio.is_over("st-1", 9);
    studio.says("st-1", 9, News::Ended).await;
    studio.live.stop(studio.user, secret.id, None, None).await.unwrap();
    assert!(!authorized().await, "the channel is open again for what comes next");
}

#[tokio::test]
async fn an_encoder_never_begins_a_private_stream_on_an_open_channel() {
    let studio = studio().await;
    let first = studio.stream("Open").await;
    studio.says("st-1", 1, News::Started).await;
    studio.is_live("st-1", 1).await;
    // While the channel is live its options cannot be set.
    let secret = studio.stream_with("Secret", Visibility::Private, Settings::default()).await;
    studio.is_over("st-1", 9);
    studio.provider.with(|state| state.is_down = true);
    studio.live.stop(studio.user, first.id, None, None).await.unwrap();
    studio.provider.with(|state| state.is_down = false);
    studio.says("st-1", 9, News::Ended).await;
    // The options could not be set in time for an encoder that was quicker.
    let channel = studio.channel().await;
    let open = first.options(&channel.channel);
    studio.live.channels.begin_apply(channel.channel.id, "late").await.unwrap();
    studio.live.channels.note_applied(channel.channel.id, "late", open).await.unwrap();
    studio.is_live("st-2", 10).await;
    studio.says("st-2", 10, News::Started).await;
    assert_eq!((studio.reload(&secret).await.state, studio.provider.with(|state| state.cuts)), (State::Created, 1));
    studio.says("st-2", 11, News::Ended).await;
    assert!(studio.channel().await.applied.unwrap().authorized);
    studio.says("st-3", 12, News::Started).await;
    assert_eq!(studio.reload(&secret).await.state, State::Running);
}

#[tokio::test]
async fn feeds_show_public_streams_by_what_they_are_now() {
    let studio = studio().await;
    let titles = async |status| -> Vec<String> {
        let page = studio.live.feed(status, None, 10).await.unwrap();
        page.items.into_iter().map(|card| card.title).collect()
    };
    let announce = async |title: &str, visibility, seconds: i64| -> Stream {
        let stream = studio.stream_with(title, visibility, Settings::default()).await;
        let edit = Edit { scheduled_at: Some(Some(second(seconds))), ..Edit::default() };
        studio.live.edit_stream(studio.user, stream.id, None, edit).await.unwrap().stream
    };
    announce("Later", Visibility::Public, 7200).await;
    announce("Soon", Visibility::Public, 90).await;
    announce("Hidden", Visibility::Unlisted, 60).await;
    assert_eq!(titles(Status::Scheduled).await, ["Soon", "Later"]);
    studio.clock.advance(SignedDuration::from_secs(91));
    assert_eq!(titles(Status::Scheduled).await, ["Later"]);
    assert!(titles(Status::Offline).await.is_empty(), "nobody has listed it anew yet");
    studio.keep_house_until(160).await;
    assert_eq!(titles(Status::Offline).await, ["Soon"]);

    let live = studio.stream("Live").await;
    studio.says("st-1", 161, News::Started).await;
    assert_eq!(titles(Status::Live).await, ["Live"]);
    studio.says("st-1", 170, News::Ended).await;
    studio.clock.advance(SignedDuration::from_secs(60));
    assert!(titles(Status::Live).await.is_empty(), "its grace is over, whoever has noticed");
    studio.keep_house_until(300).await;
    assert_eq!(titles(Status::Offline).await, ["Live", "Soon"]);
    studio.live.stop(studio.user, live.id, None, None).await.unwrap();
    assert_eq!(titles(Status::Ended).await, ["Live"]);

    let all = studio.live.streams_by(None, studio.user, None, None, 2).await.unwrap();
    assert_eq!(all.items.iter().map(|one| one.title.as_str()).collect::<Vec<_>>(), ["Live", "Soon"]);
    let rest = studio.live.streams_by(Some(studio.user), studio.user, None, all.next, 2).await.unwrap();
    assert_eq!(rest.items.iter().map(|one| one.title.as_str()).collect::<Vec<_>>(), ["Later"]);
    let page = studio.live.streams_on(studio.user, live.channel_id, None, 3).await.unwrap();
    let next = studio.live.streams_on(studio.user, live.channel_id, page.next, 3).await.unwrap();
    assert_eq!((page.items.len(), next.items.len(), next.next), (3, 1, None));
}

#[tokio::test]
async fn measurements_are_rolled_up_and_viewers_counted() {
    let studio = studio().await;
    let stream = studio.stream("Sunrise").await;
    studio.says("st-1", 0, News::Started).await;
    let arn = studio.arn().await;
    for (at, bitrate_kbps) in [(2, 2000.0), (4, 3000.0), (12, 2500.0)] {
        let sample = Sample {
            at: second(at),
            period_ms: 2000,
            bitrate_kbps,
            fps: 30.0,
            width: 1280,
            height: 720,
            keyframe_ms: 2000.0,
            drift_ms: -1.5,
        };
        assert_eq!(studio.live.take_sample(&arn, "st-1", &sample).await.unwrap(), Some(stream.id));
    }
    studio.clock.advance(SignedDuration::from_secs(13));
    let health = studio.live.health(studio.user, stream.id).await.unwrap();
    let seen: Vec<_> = health.samples.iter().map(|sample| (sample.bitrate_kbps, sample.period_ms)).collect();
    assert_eq!((seen, health.verdict), (vec![(2500.0, 4000), (2500.0, 2000)], Verdict::Good));
    assert_eq!(studio.live.take_sample(&arn, "st-9", &health.samples[0]).await.unwrap(), None);

    let measurements = &studio.live.measurements;
    let count = async |count: u32, seconds: i64| {
        let before = studio.world.table.statistics(stream.id).await.unwrap();
        assert!(studio.world.table.note_count(stream.id, &before, count, second(seconds)).await.unwrap());
        assert!(
            !studio.world.table.note_count(stream.id, &before, 9, second(99)).await.unwrap(),
            "it was counted meanwhile"
        );
    };
    count(5, 3).await;
    count(3, 6).await;
    measurements.note_playback_sessions(stream.id, 2).await.unwrap();
    let viewers = studio.live.stream_viewers(None, stream.id).await.unwrap();
    assert_eq!((viewers.count, viewers.peak, viewers.playback_sessions), (3, 5, 2));
    let counted = measurements.viewers_of(&[stream.id, new_id(now())]).await.unwrap();
    assert_eq!((counted.len(), counted[&stream.id]), (1, viewers));
    let mut admitted = Vec::new();
    for _ in 0..3 {
        admitted.push(measurements.admit(stream.id, 5).await.unwrap());
    }
    assert_eq!(admitted, [true, true, false]);
    count(4, 9).await;
    assert!(measurements.admit(stream.id, 5).await.unwrap());
}

#[tokio::test]
async fn exactly_one_may_try_an_open_circuit() {
    let world = world().await;
    let table = &world.table;
    let before = table.circuit("ivs").await.unwrap();
    assert_eq!(before, Circuit::default());
    for count in 1..=3 {
        assert_eq!(table.count_failure("ivs", now()).await.unwrap(), count);
    }
    table.forget_failures("ivs", now()).await.unwrap();
    assert_eq!(table.count_failure("ivs", now()).await.unwrap(), 1);
    assert!(table.change("ivs", &before, &before.open(now())).await.unwrap());
    assert!(!table.change("ivs", &before, &before.open(now())).await.unwrap(), "somebody else was quicker");
    let open = table.circuit("ivs").await.unwrap();
    let Gate::Probe(probing) = open.gate(second(15)) else { panic!("nobody may try") };
    assert!(table.change("ivs", &open, &probing).await.unwrap());
    assert!(!table.change("ivs", &open, &probing).await.unwrap());
    assert!(matches!(table.circuit("ivs").await.unwrap().gate(second(15)), Gate::Refuse(_)));
}
