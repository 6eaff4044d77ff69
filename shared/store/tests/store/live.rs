//! A whole live installation without AWS: the real table, an IVS that does as it is told, a bucket in memory.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use skylark_domain::account::User;
use skylark_domain::channel::Current;
use skylark_domain::ids::{UserId, new_id};
use skylark_domain::outbox::{Change, DomainEvent};
use skylark_domain::ports::{Accounts, LiveChannel};
use skylark_domain::stream::commands::CreateStream;
use skylark_domain::stream::ingest::Report;
use skylark_domain::stream::session::News;
use skylark_domain::stream::{Live, Settings, Stream, Visibility};
use skylark_domain::testing::{FakeProvider, FixedClock, MemoryObjects, SentNudges};

use crate::world::{World, now, world};

pub(crate) struct Studio {
    pub(crate) live: Live,
    pub(crate) provider: Arc<FakeProvider>,
    pub(crate) media: Arc<MemoryObjects>,
    pub(crate) nudges: Arc<SentNudges>,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) user: UserId,
    pub(crate) world: World,
}

pub(crate) fn second(second: i64) -> Timestamp {
    now() + SignedDuration::from_secs(second)
}

pub(crate) async fn studio() -> Studio {
    let world = world().await;
    let (provider, media) = (Arc::<FakeProvider>::default(), Arc::<MemoryObjects>::default());
    let (nudges, clock) = (Arc::<SentNudges>::default(), Arc::new(FixedClock::at(now())));
    let table = Arc::new(world.table.clone());
    let live = Live::new(table, provider.clone(), media.clone(), nudges.clone(), clock.clone(), 1);
    let user = register(&world, "ada").await;
    Studio { live, provider, media, nudges, clock, user, world }
}

pub(crate) async fn register(world: &World, name: &str) -> UserId {
    let user = User { id: new_id(now()), username: name.into(), email: format!("{name}@example.com"), ..sample_user() };
    let event = DomainEvent {
        id: new_id(now()),
        name: "UserRegistered".into(),
        at: now(),
        correlation_id: None,
        data: json!({}),
    };
    let id = user.id;
    world.table.register(Change { next: user, event }).await.unwrap();
    id
}

fn sample_user() -> User {
    User {
        id: new_id(now()),
        username: String::new(),
        email: String::new(),
        display_name: None,
        bio: None,
        password_hash: "plain:x".into(),
        subject: None,
        roles: Vec::new(),
        token_version: 1,
        created_at: now(),
        updated_at: now(),
        version: 1,
    }
}

impl Studio {
    pub(crate) async fn stream(&self, title: &str) -> Stream {
        self.stream_with(title, Visibility::Public, Settings::default()).await
    }

    pub(crate) async fn stream_with(&self, title: &str, visibility: Visibility, settings: Settings) -> Stream {
        let command = CreateStream {
            channel_id: None,
            title: title.into(),
            description: None,
            scheduled_at: None,
            visibility,
            settings,
        };
        // Ids sort by the millisecond.
        self.clock.advance(SignedDuration::from_millis(1));
        self.live.create_stream(self.user, "ada", command, None).await.unwrap().stream
    }

    pub(crate) async fn reload(&self, stream: &Stream) -> Stream {
        self.live.streams.stream_of(stream.user_id, stream.id).await.unwrap().unwrap()
    }

    pub(crate) async fn channel(&self) -> Current {
        let id = self.live.channels.channels_of(self.user).await.unwrap()[0];
        self.live.channels.channel(id).await.unwrap().unwrap()
    }

    pub(crate) async fn arn(&self) -> String {
        self.channel().await.channel.provider.unwrap().channel_arn
    }

    /// IVS says something of a session, at this second.
    pub(crate) async fn says(&self, ingest_id: &str, at: i64, news: News) {
        let report = Report { channel_arn: self.arn().await, ingest_id: ingest_id.into(), at: second(at), news };
        self.live.take_report(report).await.unwrap();
    }

    /// An encoder is live, as ListStreams tells it.
    pub(crate) async fn is_live(&self, ingest_id: &str, at: i64) {
        let live = LiveChannel {
            channel_arn: self.arn().await,
            ingest_id: ingest_id.into(),
            started_at: second(at),
            viewers: Some(3),
        };
        self.provider.with(|state| state.live.push(live));
    }

    /// The encoder of a session is gone, as GetStreamSession tells it.
    pub(crate) fn is_over(&self, ingest_id: &str, at: i64) {
        self.provider.with(|state| {
            state.live.retain(|live| live.ingest_id != ingest_id);
            state.ends.insert(ingest_id.into(), second(at));
        });
    }

    /// A complete recording stands in the bucket; answers its prefix.
    pub(crate) async fn record(&self, name: &str, at: i64, duration_ms: u64) -> String {
        let arn = self.arn().await;
        let channel = arn.rsplit('/').next().unwrap();
        let zoned = second(at).to_zoned(jiff::tz::TimeZone::UTC);
        let (day, minute) = (zoned.day(), zoned.minute());
        let prefix = format!("ivs/v1/000000000000/{channel}/2046/11/{day}/{}/{minute}/{name}", zoned.hour());
        let report = json!({
            "version": "v1", "recording_started_at": second(at), "recording_ended_at": second(at + 9),
            "channel_arn": arn, "recording_status": "RECORDING_ENDED",
            "media": {
                "hls": { "duration_ms": duration_ms, "path": "media/hls", "playlist": "master.m3u8",
                    "renditions": [{ "path": "720p30", "playlist": "playlist.m3u8", "resolution_width": 1280, "resolution_height": 720 }] },
                "thumbnails": { "path": "media/thumbnails", "resolution_width": 1280, "resolution_height": 720 },
            },
        });
        self.media.insert(&format!("{prefix}/events/recording-ended.json"), report.to_string());
        self.media.insert(
            &format!("{prefix}/media/hls/master.m3u8"),
            "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,RESOLUTION=1280x720\n720p30/playlist.m3u8\n",
        );
        self.media.insert(
            &format!("{prefix}/media/hls/720p30/playlist.m3u8"),
            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n#EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF:2,\na.m4s\n#EXT-X-ENDLIST\n",
        );
        self.media.insert(&format!("{prefix}/media/thumbnails/thumb0.jpg"), "jpeg");
        prefix
    }

    /// Rounds of the housekeeper, one each minute until this second.
    pub(crate) async fn keep_house_until(&self, until: i64) {
        use skylark_domain::ports::Clock;
        while self.clock.now() < second(until) {
            self.clock.advance(SignedDuration::from_mins(1));
            let live = self.live.live_channels().await.unwrap();
            for channel in &live {
                self.live.learn(channel).await.unwrap();
            }
            let going_on = live.into_iter().map(|channel| channel.ingest_id).collect();
            for (user, stream) in self.live.due_streams().await.unwrap() {
                self.live.reconcile(user, stream, Some(&going_on)).await.unwrap();
            }
        }
    }
}
