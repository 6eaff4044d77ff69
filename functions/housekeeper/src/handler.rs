//! A round of the housekeeper. The time is the schedule's: a round that runs late or again sees the world as of then.

mod rooms;
mod streams;
mod videos;

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lambda_events::eventbridge::EventBridgeEvent;
use jiff::Timestamp;
use skylark_cloud::cloudwatch::CloudWatch;
use skylark_domain::Error;
use skylark_domain::chat::Chat;
use skylark_domain::chat::housekeeping::Caretaker;
use skylark_domain::ports::Clock;
use skylark_domain::stream::Live;
use skylark_domain::video::Videos;

/// One thing may take half a minute more, and the function has a minute.
const ROUND: Duration = Duration::from_secs(25);

pub(crate) async fn handle(
    videos: &Videos,
    live: &Live,
    rooms: &Caretaker,
    metrics: Option<&CloudWatch>,
    event: EventBridgeEvent,
) -> Result<(), Error> {
    let now = match event.time {
        Some(time) => Timestamp::from_second(time.timestamp()).map_err(|error| Error::Internal(Box::new(error)))?,
        None => videos.clock.now(),
    };
    let clock = Arc::new(At(now));
    let round = Round { ends_at: Instant::now() + ROUND };
    // Streams first: somebody is watching. Trouble with one kind must not keep the other waiting.
    let streams = streams::tend(&Live { clock: clock.clone(), ..live.clone() }, metrics, &round).await;
    let chat = Chat { clock: clock.clone(), ..rooms.chat.clone() };
    let rooms = rooms::tend(&Caretaker { chat, ..rooms.clone() }, &round).await;
    videos::tend(&Videos { clock, ..videos.clone() }, &round).await?;
    streams.and(rooms)
}

/// How long this round goes on.
struct Round {
    ends_at: Instant,
}

impl Round {
    fn is_over(&self) -> bool {
        let is_over = Instant::now() > self.ends_at;
        if is_over {
            tracing::warn!("the round is over; the rest is looked after in the next");
        }
        is_over
    }
}

struct At(Timestamp);

impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }
}
