//! Videos that nobody else looks after.

use skylark_domain::Error;
use skylark_domain::video::Videos;
use skylark_domain::video::housekeeping::Tended;

use super::Round;

pub(super) async fn tend(videos: &Videos, round: &Round) -> Result<(), Error> {
    for video in videos.due().await? {
        if round.is_over() {
            break;
        }
        match videos.tend(&video).await {
            Ok(Tended::Left) => {}
            Ok(tended) => tracing::info!(video = %video.id, ?tended, "a video was looked after"),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(video = %video.id, error, "a video cannot be looked after");
            }
        }
    }
    Ok(())
}
