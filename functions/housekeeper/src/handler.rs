//! A round of the housekeeper. The time is the schedule's: a round that runs late or again sees the world as of then.

use std::sync::Arc;

use aws_lambda_events::eventbridge::EventBridgeEvent;
use jiff::Timestamp;
use skylark_domain::Error;
use skylark_domain::ports::Clock;
use skylark_domain::video::Videos;
use skylark_domain::video::housekeeping::Tended;

pub(crate) async fn handle(videos: &Videos, event: EventBridgeEvent) -> Result<(), Error> {
    let now = match event.time {
        Some(time) => Timestamp::from_second(time.timestamp()).map_err(|error| Error::Internal(Box::new(error)))?,
        None => videos.clock.now(),
    };
    let videos = Videos { clock: Arc::new(At(now)), ..videos.clone() };
    for (video, tended) in videos.tend().await? {
        match tended {
            Ok(Tended::Left) => {}
            Ok(tended) => tracing::info!(%video, ?tended, "a video was looked after"),
            Err(error) => {
                tracing::error!(%video, error = &error as &dyn std::error::Error, "a video cannot be looked after");
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
