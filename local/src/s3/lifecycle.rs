//! Lifecycle rules: old objects and abandoned multipart uploads go, looked for once a minute.

use std::time::Duration;

use tokio::sync::watch;

use super::Objects;
use crate::state::now_ms;

const EVERY: Duration = Duration::from_secs(60);

/// Applies the rules of every bucket until `stop` turns true.
pub async fn run(objects: Objects, mut stop: watch::Receiver<bool>) {
    let mut timer = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            _ = timer.tick() => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        if let Err(error) = apply(&objects) {
            tracing::error!(%error, "lifecycle rules cannot be applied");
        }
    }
}

fn apply(objects: &Objects) -> anyhow::Result<()> {
    let before = |age: Duration| Ok::<_, anyhow::Error>(now_ms() - i64::try_from(age.as_millis())?);
    for bucket in objects.buckets().values() {
        for rule in &bucket.expirations {
            objects.expire(&bucket.name, &rule.prefix, before(rule.after)?)?;
        }
        if let Some(age) = bucket.abort_multipart_after {
            objects.abort_older(&bucket.name, before(age)?)?;
        }
    }
    Ok(())
}
