//! Videos, their jobs and progress, and the lists they stand in.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use skylark_domain::PortErrorKind;
use skylark_domain::idempotency::Once;
use skylark_domain::ids::{UserId, new_id};
use skylark_domain::outbox::{Change, DomainEvent};
use skylark_domain::ports::{Committed, Idempotency, VideoCatalog};
use skylark_domain::testing::{sample_input, sample_media, sample_video};
use skylark_domain::video::state::{Command, Edit, Event, decide};
use skylark_domain::video::{FailureCode, Progress, Status, Upload, Video, Visibility};
use skylark_store::Table;

use crate::world::{World, now, world};

fn video(user: UserId, at: Timestamp) -> Video {
    Video { id: new_id(at), user_id: user, created_at: at, updated_at: at, input: None, ..sample_video() }
}

fn upload(video: &Video) -> Upload {
    Upload {
        id: video.uploaded().unwrap().upload_id,
        user_id: video.user_id,
        video_id: video.id,
        key: video.uploaded().unwrap().key.clone(),
        file_size: 1000,
        content_type: "video/mp4".into(),
        multipart: None,
        aborted_at: None,
        created_at: now(),
        expires_at: now() + SignedDuration::from_hours(1),
    }
}

async fn announced(table: &Table, video: Video) -> Video {
    let change = video.clone().change(&Event::VideoCreated(Box::new(video.clone())), now()).unwrap();
    assert_eq!(table.announce(change, upload(&video), None).await.unwrap(), Committed::Done);
    video
}

fn step(video: Video, command: Command) -> Change<Video> {
    let event = decide(&video, command).unwrap().unwrap();
    let at = video.updated_at + SignedDuration::from_secs(1);
    video.change(&event, at).unwrap()
}

async fn done(table: &Table, video: Video, command: Command) -> Video {
    let change = step(video, command);
    assert_eq!(table.save(change.clone(), None).await.unwrap(), Committed::Done);
    change.next
}

async fn ready(table: &Table, video: Video) -> Video {
    let video = announced(table, video).await;
    let video = done(table, video, Command::Accept(sample_input())).await;
    done(table, video, Command::Complete { attempt: 1, media: sample_media() }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stored_video_is_the_fold_of_its_events() {
    let World { table, client, name, .. } = &world().await;
    let first = announced(table, video(new_id(now()), now())).await;
    let accepted = done(table, first.clone(), Command::Accept(sample_input())).await;
    let failed = done(table, accepted, Command::Fail { attempt: 1, code: FailureCode::Timeout }).await;
    let retried = done(table, failed, Command::Retry).await;
    let edit = Edit { description: Some("Words".into()), artist: Some("Ada".into()), ..Edit::default() };
    let edited = done(table, retried, Command::Edit(edit)).await;
    let published = done(table, edited, Command::Complete { attempt: 2, media: sample_media() }).await;
    let edit = Edit { description: Some(String::new()), visibility: Some(Visibility::Unlisted), ..Edit::default() };
    let last = done(table, published, Command::Edit(edit)).await;
    let stored = table.video(first.id).await.unwrap().unwrap().video;
    assert_eq!(stored, last);
    let events = client
        .query()
        .table_name(name)
        .key_condition_expression("PK = :pk AND begins_with(SK, :sk)")
        .expression_attribute_values(":pk", AttributeValue::S(format!("VIDEO#{}", first.id)))
        .expression_attribute_values(":sk", AttributeValue::S("EVT#".into()))
        .send()
        .await
        .unwrap();
    let events: Vec<DomainEvent> = serde_dynamo::from_items(events.items.unwrap()).unwrap();
    assert_eq!(events.len(), 7);
    assert_eq!(Video::fold(&events).unwrap().unwrap(), stored);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_is_written_once() {
    let World { table, .. } = &world().await;
    let first = announced(table, video(new_id(now()), now())).await;
    let change = step(first.clone(), Command::Accept(sample_input()));
    assert_eq!(table.save(change.clone(), None).await.unwrap(), Committed::Done);
    assert_eq!(table.save(change, None).await.unwrap_err().kind, PortErrorKind::Conflict);
    let other = step(first.clone(), Command::GiveUp);
    let given_up = Upload { aborted_at: Some(now()), ..upload(&first) };
    let refused = table.save_with_upload(other, given_up).await.unwrap_err();
    assert_eq!(refused.kind, PortErrorKind::Conflict);
    let kept = table.upload(first.user_id, first.uploaded().unwrap().upload_id).await.unwrap().unwrap();
    assert_eq!(kept.aborted_at, None, "nothing of a refused transaction stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_job_of_an_attempt_counts_and_progress_only_rises() {
    let World { table, .. } = &world().await;
    let first = announced(table, video(new_id(now()), now())).await;
    let (user, id) = (first.user_id, first.id);
    assert_eq!(table.note_job(user, id, 1, "early").await.unwrap(), None);
    let accepted = done(table, first, Command::Accept(sample_input())).await;
    assert_eq!(table.note_job(user, id, 1, "a").await.unwrap().as_deref(), Some("a"));
    assert_eq!(table.note_job(user, id, 1, "b").await.unwrap().as_deref(), Some("a"));
    assert_eq!(table.note_job(user, id, 1, "a").await.unwrap().as_deref(), Some("a"), "a lost answer");
    assert_eq!(table.note_job(user, id, 2, "c").await.unwrap(), None);

    let at = |phase: &str, percent| Progress { phase: Some(phase.into()), percent };
    let note = async |attempt, progress: Progress| {
        table.note_progress(user, id, attempt, &progress).await.unwrap();
        table.video(id).await.unwrap().unwrap().progress
    };
    assert_eq!(note(1, at("PROBING", 0)).await, at("PROBING", 0));
    assert_eq!(note(1, at("TRANSCODING", 0)).await, at("TRANSCODING", 0));
    assert_eq!(note(1, at("TRANSCODING", 40)).await, at("TRANSCODING", 40));
    assert_eq!(note(1, at("TRANSCODING", 20)).await, at("TRANSCODING", 40));
    assert_eq!(note(2, at("TRANSCODING", 90)).await, at("TRANSCODING", 40));

    let edit = Edit { title: Some("New".into()), ..Edit::default() };
    let edited = done(table, accepted, Command::Edit(edit)).await;
    let current = table.video(id).await.unwrap().unwrap();
    assert_eq!((current.job_id.as_deref(), current.progress.percent), (Some("a"), 40), "a version leaves them alone");

    let failed = done(table, edited, Command::Fail { attempt: 1, code: FailureCode::Internal }).await;
    assert_eq!(note(1, at("TRANSCODING", 99)).await.percent, 40, "the end absorbs");
    let retried = done(table, failed, Command::Retry).await;
    let current = table.video_of(user, id).await.unwrap().unwrap();
    assert_eq!((current.job_id, current.progress), (None, Progress::default()), "an attempt begins anew");
    assert_eq!(table.note_job(user, id, retried.attempt, "d").await.unwrap().as_deref(), Some("d"));
    assert_eq!(note(2, at("PROBING", 0)).await, at("PROBING", 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_holds_public_ready_videos_of_a_month_newest_first() {
    let World { table, .. } = &world().await;
    let user = new_id(now());
    let at = |minutes| now() + SignedDuration::from_mins(minutes);
    let mut expected = Vec::new();
    for minute in 0..5 {
        expected.push(ready(table, video(user, at(minute))).await.id);
    }
    expected.reverse();
    announced(table, video(user, at(10))).await;
    ready(table, Video { visibility: Visibility::Unlisted, ..video(user, at(11)) }).await;
    ready(table, video(user, "2046-10-31T23:59:59Z".parse().unwrap())).await;
    let deleted = ready(table, video(user, at(12))).await;
    done(table, deleted, Command::Delete).await;

    let all = table.ready_in("2046-11", None, 100).await.unwrap();
    assert_eq!(all.iter().map(|card| card.id).collect::<Vec<_>>(), expected);
    assert_eq!(all[0].duration_ms, Some(10_000));
    assert!(all[0].thumbnail.as_deref().is_some_and(|key| key.ends_with("poster.jpg")));
    let first = table.ready_in("2046-11", None, 2).await.unwrap();
    let second = table.ready_in("2046-11", Some(&first[1].position()), 10).await.unwrap();
    let paged: Vec<_> = first.iter().chain(&second).map(|card| card.id).collect();
    assert_eq!(paged, expected);
    assert_eq!(table.ready_in("2046-10", None, 100).await.unwrap().len(), 1);
    assert_eq!(table.ready_in("2046-09", None, 100).await.unwrap(), Vec::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_users_videos_are_paged_newest_first_without_deleted_ones() {
    let World { table, .. } = &world().await;
    let user = new_id(now());
    let mut made = Vec::new();
    for minute in 0..9 {
        made.push(announced(table, video(user, now() + SignedDuration::from_mins(minute))).await);
    }
    announced(table, video(new_id(now()), now())).await;
    for gone in [8, 7, 3] {
        done(table, made[gone].clone(), Command::Delete).await;
    }
    let expected: Vec<_> = [6, 5, 4, 2, 1, 0].map(|index: usize| made[index].id).into();
    for size in 1..=7 {
        let (mut found, mut before) = (Vec::new(), None);
        loop {
            let page = table.videos_of(user, before, size).await.unwrap();
            found.extend(page.iter().map(|current| current.video.id));
            before = found.last().copied();
            if page.len() < size {
                break;
            }
        }
        assert_eq!(found, expected, "pages of {size}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_video_is_remembered_for_a_day() {
    let World { table, .. } = &world().await;
    let recent = Timestamp::now() - SignedDuration::from_hours(1);
    let old = Timestamp::now() - SignedDuration::from_hours(25);
    for (at, remembered) in [(recent, true), (old, false)] {
        let video = announced(table, video(new_id(at), at)).await;
        let deleted = done(table, video, Command::Delete).await;
        let found = table.video(deleted.id).await.unwrap();
        assert_eq!(found.map(|current| current.video.status), remembered.then_some(Status::Deleted));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_command_is_done_once_until_its_record_expires() {
    let World { table, .. } = &world().await;
    let user = new_id(now());
    let once = Once { user_id: user, key: "k".into(), request: "r".into() };
    let announce = async |done| {
        let video = video(user, now());
        let change = video.clone().change(&Event::VideoCreated(Box::new(video.clone())), now()).unwrap();
        let committed = table.announce(change, upload(&video), Some(done)).await.unwrap();
        (video.id, committed)
    };
    let long_ago = Timestamp::now() - SignedDuration::from_hours(25);
    assert_eq!(announce(once.done("old", long_ago)).await.1, Committed::Done);
    // What is past its time is in nobody's way, though it is still there.
    let (first, committed) = announce(once.done("new", Timestamp::now())).await;
    assert_eq!(committed, Committed::Done);
    let (second, committed) = announce(once.done("newer", Timestamp::now())).await;
    assert_eq!(committed, Committed::Repeated);
    assert!(table.video(first).await.unwrap().is_some());
    assert!(table.video(second).await.unwrap().is_none());
    assert_eq!(table.done(user, "k").await.unwrap().unwrap().resource, "new");
    table.note(once.done("other", Timestamp::now())).await.unwrap();
    assert_eq!(table.done(user, "k").await.unwrap().unwrap().resource, "new");
    assert_eq!(table.done(new_id(now()), "k").await.unwrap(), None, "keys belong to their users");
}
