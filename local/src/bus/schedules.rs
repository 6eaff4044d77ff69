//! Schedules: `rate(...)` rules, each firing its function's event by the clock.

use serde_json::json;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use super::Event;
use crate::lambda::AsyncInvocations;
use crate::state::State;
use crate::world::{ACCOUNT, REGION, Schedule};

/// Fires `schedule` until `stop` turns true; first one period after the start, as a new rule does.
pub async fn run(schedule: Schedule, invocations: AsyncInvocations, state: State, mut stop: watch::Receiver<bool>) {
    let first = tokio::time::Instant::now() + schedule.every;
    let mut timer = tokio::time::interval_at(first, schedule.every);
    timer.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            _ = timer.tick() => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        let rule = format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/{}", schedule.name);
        let event = Event::of_service("aws.events", "Scheduled Event", vec![rule], json!({}));
        let payload = event.envelope().to_string();
        let put = state.transact(|transaction| invocations.put(transaction, &schedule.function, payload.as_bytes()));
        if let Err(error) = put {
            tracing::error!(schedule = schedule.name, %error, "a schedule cannot fire");
        }
    }
}
