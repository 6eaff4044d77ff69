//! Ingest sessions and the streams they make: news of IVS in any order, and from the first picture to a video.

use jiff::SignedDuration;
use proptest::prelude::*;
use skylark_domain::outbox::DomainEvent;
use skylark_domain::ports::{Nudge, VideoCatalog};
use skylark_domain::stream::ingest::Report;
use skylark_domain::stream::session::News;
use skylark_domain::stream::state::Edit;
use skylark_domain::stream::status::Status;
use skylark_domain::stream::{Ingest, Settings, State, StopReason, Stream};
use skylark_domain::video;

use crate::live::{Studio, second, studio};

#[tokio::test]
async fn two_sessions_become_one_video_and_the_fold_of_its_events_is_the_stream() {
    let studio = studio().await;
    let stream = studio.stream("Sunrise").await;
    let (first, last) = (studio.record("aaa", 1, 8000).await, studio.record("bbb", 30, 5000).await);
    studio.says("st-1", 0, News::Created).await;
    assert_eq!(studio.reload(&stream).await.state, State::Starting);
    studio.says("st-1", 1, News::Started).await;
    studio.says("st-1", 1, News::RecordingStarted { prefix: first.clone() }).await;
    studio.says("st-1", 9, News::Ended).await;
    let dropped = studio.reload(&stream).await;
    let grace = Ingest::Reconnecting { since: second(9), grace_until: second(19) };
    assert_eq!((dropped.state, &dropped.ingest), (State::Running, &grace));
    studio.says("st-1", 10, News::RecordingEnded { prefix: first.clone(), duration_ms: 8000 }).await;

    studio.clock.advance(SignedDuration::from_secs(19));
    let (nudge, delay) = studio.nudges.0.lock().unwrap().last().cloned().unwrap();
    assert_eq!((nudge.at, delay.as_secs()), (second(19), 19));
    studio.live.take_nudge(&nudge).await.unwrap();
    let lost = studio.reload(&stream).await;
    assert_eq!((lost.status(second(19)), lost.ingest.name()), (Status::Offline, "LOST"));
    // A message that was made for what was before says nothing.
    studio.live.take_nudge(&Nudge { ingest_seq: 1, ..nudge }).await.unwrap();

    studio.says("st-2", 30, News::Started).await;
    studio.says("st-2", 30, News::RecordingStarted { prefix: last.clone() }).await;
    assert_eq!(studio.reload(&stream).await.status(second(31)), Status::Live);
    studio.is_live("st-2", 30).await;
    let stopped = studio.live.stop(studio.user, stream.id, None, None).await.unwrap();
    assert_eq!((stopped.stream.state, studio.provider.with(|state| state.cuts)), (State::Stopping, 1));
    studio.says("st-2", 35, News::Ended).await;
    assert_eq!(studio.reload(&stream).await.state, State::Archiving, "the second recording is still written");
    studio.says("st-2", 36, News::RecordingEnded { prefix: last.clone(), duration_ms: 5000 }).await;
    let archived = studio.reload(&stream).await;
    assert_eq!((archived.state, archived.channel_id), (State::Archived, stream.channel_id));

    let video = studio.world.table.video_of(studio.user, archived.video_id.unwrap()).await.unwrap().unwrap().video;
    let media = video.media.clone().unwrap();
    assert_eq!((video.status, media.duration_ms, media.thumbnails.len()), (video::Status::Ready, 13_000, 2));
    assert_eq!(video.source, video::Source::Recording { stream_id: stream.id, prefixes: vec![first, last] });
    let joined = studio.live.media.read(&media.playlist.unwrap(), 0, 9999).await.unwrap().unwrap();
    assert!(String::from_utf8(joined).unwrap().contains("0/playlist.m3u8"));

    let events = studio.live.history(studio.user, stream.id, 0).await.unwrap();
    let events: Vec<DomainEvent> = events.into_iter().map(|recorded| recorded.event).collect();
    // Where its picture stood is noted underneath.
    assert_eq!(Stream::fold(&events).unwrap(), Some(Stream { picture: None, ..archived }));
}

#[tokio::test]
async fn a_card_says_whose_it_is_and_shows_the_latest_picture() {
    let studio = studio().await;
    let stream = studio.stream("Sunrise").await;
    let cards = async |status| studio.live.feed(status, None, 10).await.unwrap().items;
    let picture = |prefix: &str| Some(format!("{prefix}/media/latest_thumbnail/thumb.jpg"));
    // The news of a recording may come first.
    studio.says("st-1", 1, News::RecordingStarted { prefix: "ivs/a".into() }).await;
    studio.says("st-1", 1, News::Started).await;
    let card = cards(Status::Live).await.remove(0);
    assert_eq!((card.id, card.username.as_deref(), card.thumbnail()), (stream.id, Some("ada"), picture("ivs/a")));
    assert_eq!(studio.reload(&stream).await.card(), card, "the stream itself has the same card");
    studio.says("st-1", 9, News::Ended).await;
    studio.says("st-2", 10, News::Started).await;
    assert_eq!(cards(Status::Live).await[0].thumbnail(), picture("ivs/a"), "until the next recording begins");
    let again = studio.record("bbb", 10, 5000).await;
    studio.says("st-2", 10, News::RecordingStarted { prefix: again.clone() }).await;
    studio.says("st-1", 11, News::RecordingStarted { prefix: "ivs/a".into() }).await;
    assert_eq!(cards(Status::Live).await[0].thumbnail(), picture(&again), "what comes late is no news");

    studio.live.stop(studio.user, stream.id, None, None).await.unwrap();
    studio.says("st-2", 15, News::Ended).await;
    assert_eq!(cards(Status::Ended).await[0].thumbnail(), None, "nothing is live, and there is no video yet");
    studio.clock.advance(SignedDuration::from_mins(20));
    studio.says("st-2", 16, News::RecordingEnded { prefix: again, duration_ms: 5000 }).await;
    let card = cards(Status::Ended).await.remove(0);
    let poster = video::names::poster(studio.user, card.video_id.unwrap());
    assert_eq!(card.thumbnail(), Some(poster));
    let made = studio.world.table.video_of(studio.user, card.video_id.unwrap()).await.unwrap().unwrap().video;
    assert_eq!(made.username.as_deref(), Some("ada"));
}

#[tokio::test]
async fn an_encoder_that_nobody_announced_makes_a_stream_of_its_own_once() {
    let studio = studio().await;
    let settings = Settings { auto_start: false, ..Settings::default() };
    let by_hand = studio.stream_with("By hand", skylark_domain::stream::Visibility::Public, settings).await;
    for _ in 0..2 {
        studio.says("st-1", 5, News::Started).await;
    }
    let all = studio.live.streams_by(Some(studio.user), studio.user, None, None, 10).await.unwrap().items;
    let titles: Vec<_> = all.iter().map(|one| (one.title.as_str(), one.state)).collect();
    assert_eq!(titles.len(), 2);
    assert!(titles.contains(&("Live with ada", State::Running)) && titles.contains(&("By hand", State::Created)));
    assert_eq!(studio.reload(&by_hand).await, by_hand);
}

#[tokio::test]
async fn an_encoder_that_comes_back_by_itself_begins_nothing_after_a_stop() {
    let studio = studio().await;
    let stream = studio.stream("Sunrise").await;
    studio.says("st-1", 0, News::Started).await;
    studio.live.stop(studio.user, stream.id, None, None).await.unwrap();
    studio.says("st-1", 1, News::Ended).await;
    studio.is_live("st-2", 3).await;
    studio.says("st-2", 3, News::Started).await;
    let all = studio.live.streams_by(Some(studio.user), studio.user, None, None, 10).await.unwrap().items;
    assert_eq!((all.len(), studio.provider.with(|state| state.cuts)), (1, 1));
    // Somebody who announces another means to go on.
    let next = studio.stream("Next").await;
    studio.says("st-3", 20, News::Started).await;
    assert_eq!(studio.reload(&next).await.state, State::Running);
}

#[tokio::test]
async fn streams_end_by_themselves_when_nobody_comes() {
    let studio = studio().await;
    let armed = studio.stream("Armed").await;
    studio.live.start(studio.user, armed.id, None, None).await.unwrap();
    studio.keep_house_until(29 * 60).await;
    assert_eq!(studio.reload(&armed).await.state, State::Starting);
    studio.keep_house_until(31 * 60).await;
    let ended = studio.reload(&armed).await;
    assert_eq!((ended.state, ended.stop_reason), (State::Stopped, Some(StopReason::NoEncoder)));

    let running = studio.stream("Running").await;
    studio.says("st-1", 31 * 60, News::Started).await;
    studio.is_live("st-1", 31 * 60).await;
    studio.keep_house_until(13 * 3600).await;
    let ended = studio.reload(&running).await;
    assert_eq!((ended.state, ended.stop_reason), (State::Stopped, Some(StopReason::MaxDuration)));
    assert_eq!(studio.provider.with(|state| state.cuts), 1);
}

#[tokio::test]
async fn the_reconnect_window_is_the_streams_own() {
    let studio = studio().await;
    let stream = studio.stream("Sunrise").await;
    let edit = Edit { reconnect_window_seconds: Some(900), ..Edit::default() };
    studio.live.edit_stream(studio.user, stream.id, None, edit).await.unwrap();
    studio.says("st-1", 0, News::Started).await;
    studio.says("st-1", 60, News::Ended).await;
    studio.keep_house_until(900).await;
    assert_eq!(studio.reload(&stream).await.ingest.name(), "LOST");
    studio.keep_house_until(1020).await;
    let ended = studio.reload(&stream).await;
    assert_eq!((ended.state, ended.stop_reason), (State::Stopped, Some(StopReason::ReconnectWindow)));
}

/// What IVS says of one session, in its order.
async fn story(studio: &Studio) -> Vec<(News, i64)> {
    let prefix = studio.record("aaa", 1, 8000).await;
    vec![
        (News::Created, 0),
        (News::Started, 1),
        (News::RecordingStarted { prefix: prefix.clone() }, 2),
        (News::Ended, 9),
        (News::Ended, 10),
        (News::RecordingEnded { prefix, duration_ms: 8000 }, 11),
    ]
}

/// A session of which only some is told, in this order; the housekeeper looks on while it is live and afterwards.
async fn told(order: &[usize], later: &[usize]) -> (State, Ingest, Status, Vec<String>, Option<u64>) {
    let studio = studio().await;
    let stream = studio.stream("Sunrise").await;
    let story = story(&studio).await;
    studio.is_live("st-1", 1).await;
    for index in order {
        let (news, at) = &story[*index];
        studio.says("st-1", *at, news.clone()).await;
    }
    studio.keep_house_until(60).await;
    studio.is_over("st-1", 10);
    studio.keep_house_until(180).await;
    for index in later {
        let (news, at) = &story[*index];
        studio.says("st-1", *at, news.clone()).await;
    }
    studio.keep_house_until(1500).await;
    let stream = studio.reload(&stream).await;
    let others = studio.live.streams_by(Some(studio.user), studio.user, None, None, 10).await.unwrap().items;
    assert_eq!(others.len(), 1, "{others:?}");
    let duration = match stream.video_id {
        Some(id) => {
            let current = studio.world.table.video_of(studio.user, id).await.unwrap().unwrap();
            current.video.media.map(|media| media.duration_ms)
        }
        None => None,
    };
    (stream.state, stream.ingest.clone(), stream.status(second(1500)), stream.sessions, duration)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn any_order_duplication_and_loss_of_a_sessions_events_ends_the_same(
        order in Just((0..6).collect::<Vec<usize>>()).prop_shuffle(),
        lost in proptest::collection::vec(0..6usize, 0..6),
        again in proptest::collection::vec(0..6usize, 0..4),
        now in 0..7usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let kept: Vec<usize> = order.into_iter().chain(again).filter(|index| !lost.contains(index)).collect();
        let (order, later) = kept.split_at(now.min(kept.len()));
        let end = runtime.block_on(told(order, later));
        let whole = (State::Archived, Ingest::None, Status::Ended, vec!["st-1".to_owned()], Some(8000));
        prop_assert_eq!(end, whole, "told {:?}, later {:?}", order, later);
    }
}

#[tokio::test]
async fn an_encoder_that_came_back_unheard_is_cut_with_its_stream_and_belongs_to_it() {
    let studio = studio().await;
    let stream = studio.stream("Sunrise").await;
    studio.says("st-1", 0, News::Started).await;
    studio.says("st-1", 9, News::Ended).await;
    // It is back, and nobody has said so yet.
    studio.is_live("st-2", 12).await;
    let stopped = studio.live.stop(studio.user, stream.id, None, None).await.unwrap();
    assert_eq!((stopped.stream.state, studio.provider.with(|state| state.cuts)), (State::Stopping, 1));
    studio.says("st-2", 12, News::Started).await;
    studio.says("st-2", 13, News::Ended).await;
    let ended = studio.reload(&stream).await;
    assert_eq!((ended.state, ended.sessions), (State::Stopped, vec!["st-1".to_owned(), "st-2".to_owned()]));
}

#[tokio::test]
async fn an_encoder_that_should_have_been_cut_is_cut_by_the_housekeeper() {
    let studio = studio().await;
    let stream = studio.stream("Sunrise").await;
    studio.says("st-1", 0, News::Started).await;
    studio.says("st-1", 5, News::Ended).await;
    studio.live.stop(studio.user, stream.id, None, None).await.unwrap();
    studio.is_live("st-2", 7).await;
    studio.provider.with(|state| state.is_down = true);
    let arn = studio.arn().await;
    let report = Report { channel_arn: arn, ingest_id: "st-2".into(), at: second(7), news: News::Started };
    assert!(studio.live.take_report(report).await.is_err(), "Lambda tells it again, a few times");
    studio.provider.with(|state| state.is_down = false);
    studio.keep_house_until(60).await;
    assert_eq!(studio.provider.with(|state| (state.cuts, state.live.len())), (1, 0));
    assert_eq!(studio.live.streams_by(Some(studio.user), studio.user, None, None, 9).await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn an_old_announcement_begins_and_late_news_do_not_begin_it() {
    let studio = studio().await;
    let old = studio.stream("Old").await;
    for number in 0..51 {
        studio.stream(&format!("Later {number}")).await;
    }
    studio.clock.advance(SignedDuration::from_secs(3600));
    studio.live.start(studio.user, old.id, None, None).await.unwrap();
    // A session of an hour ago that was over before anybody heard of it.
    studio.says("st-0", 20, News::Ended).await;
    studio.says("st-0", 10, News::Started).await;
    assert_eq!(studio.reload(&old).await.state, State::Starting);
    studio.says("st-1", 3601, News::Started).await;
    let begun = studio.reload(&old).await;
    assert_eq!((begun.state, begun.sessions), (State::Running, vec!["st-1".to_owned()]));
}
