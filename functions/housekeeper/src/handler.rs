//! A round of the housekeeper. The time is the schedule's: a round that runs late or again sees the world as of then.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lambda_events::eventbridge::EventBridgeEvent;
use jiff::Timestamp;
use skylark_domain::Error;
use skylark_domain::ports::Clock;
use skylark_domain::video::Videos;
use skylark_domain::video::housekeeping::Tended;

/// One video may take half a minute more, and the function has a minute.
const ROUND: Duration = Duration::from_secs(25);

pub(crate) async fn handle(videos: &Videos, event: EventBridgeEvent) -> Result<(), Error> {
    let now = match event.time {
        Some(time) => Timestamp::from_second(time.timestamp()).map_err(|error| Error::Internal(Box::new(error)))?,
        None => videos.clock.now(),
    };
    let videos = Videos { clock: Arc::new(At(now)), ..videos.clone() };
    let started = Instant::now();
    for video in videos.due().await? {
        if started.elapsed() > ROUND {
            tracing::warn!("the round is over; the rest is looked after in the next");
            break;
        }
        match videos.tend(&video).await {
            Ok(Tended::Left) => {}
            Ok(tended) => tracing::info!(video = %video.id, ?tended, "a video was looked after"),
            Err(error) => {
                tracing::error!(
                    video = %video.id,
                    error = &error as &dyn std::error::Error,
                    "a video cannot be looked after"
                );
            }
        }
    }
    Ok(())
}

struct At(Timestamp);

impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }
}
