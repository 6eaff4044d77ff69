//! S3's "Object Created" to the domain's `ingest`.

use aws_lambda_events::eventbridge::EventBridgeEvent;
use serde::{Deserialize, Serialize};
use skylark_domain::Error;
use skylark_domain::video::Videos;

/// What the event says of the object. Its key is plain, not URL-encoded as in S3's own notifications.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct ObjectCreated {
    object: Object,
}

#[derive(Debug, Deserialize, Serialize)]
struct Object {
    key: String,
    #[serde(default)]
    size: u64,
}

pub(crate) async fn handle(videos: &Videos, event: EventBridgeEvent<ObjectCreated>) -> Result<(), Error> {
    let Object { key, size } = event.detail.object;
    let ingested = videos.ingest(&key, size).await?;
    tracing::info!(key, size, ?ingested, "an object arrived");
    Ok(())
}
