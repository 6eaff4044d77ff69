//! Streams whose news or messages were lost, and IVS channels that nobody has.

use std::collections::HashSet;

use skylark_cloud::cloudwatch::CloudWatch;
use skylark_domain::Error;
use skylark_domain::stream::Live;

use super::Round;

/// Minutes between two looks for IVS channels that nobody has.
const ORPHANS_EVERY: i64 = 10;

pub(super) async fn tend(live: &Live, metrics: Option<&CloudWatch>, round: &Round) -> Result<(), Error> {
    // Without IVS the timers of streams still run.
    let channels = live.live_channels().await.inspect_err(|error| {
        let error = error as &dyn std::error::Error;
        tracing::error!(error, "IVS does not say what is live");
    });
    for channel in channels.iter().flatten() {
        if let Err(error) = live.learn(channel).await {
            let error = &error as &dyn std::error::Error;
            tracing::error!(arn = channel.channel_arn, error, "a live channel cannot be looked after");
        }
    }
    if let (Some(metrics), Ok(channels)) = (metrics, &channels)
        && let Err(error) = live.measure(metrics, channels).await
    {
        tracing::error!(error = &error as &dyn std::error::Error, "the signals of encoders are not known");
    }
    let going_on: Option<HashSet<String>> =
        channels.ok().map(|channels| channels.into_iter().map(|channel| channel.ingest_id).collect());
    for (user, stream) in live.due_streams().await? {
        if round.is_over() {
            break;
        }
        if let Err(error) = live.reconcile(user, stream, going_on.as_ref()).await {
            let error = &error as &dyn std::error::Error;
            tracing::error!(%stream, error, "a stream cannot be looked after");
        }
    }
    if going_on.is_some() && live.clock.now().as_second() / 60 % ORPHANS_EVERY == 0 {
        let removed = live.remove_orphans().await?;
        if removed > 0 {
            tracing::warn!(removed, "IVS channels that nobody had were removed");
        }
    }
    Ok(())
}
