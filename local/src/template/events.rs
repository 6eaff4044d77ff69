//! What starts a function besides the HTTP API: rules and schedules, and what becomes of invocations that fail.

use std::time::Duration;

use super::intrinsics::Scope;
use super::resources::number;
use super::streams;
use super::yaml::{Node, Result};
use crate::bus::Pattern;
use crate::world::{QueueMapping, Rule, Schedule, World};

/// Lambda's own number of retries where a function says nothing.
const DEFAULT_RETRIES: u32 = 2;

/// Reads the `Events` of a function into the world.
pub(super) fn read(scope: &Scope<'_>, world: &mut World, function: &str, id: &str, resource: &Node) -> Result<()> {
    let Some(events) = resource.need("Properties")?.get("Events") else { return Ok(()) };
    for (name, event) in events.entries()? {
        let properties = event.need("Properties")?;
        let name = format!("{id}{name}");
        let kind = event.need("Type")?;
        match kind.text()? {
            "EventBridgeRule" => world.rules.push(rule(scope, name, function, properties)?),
            "Schedule" => {
                known(properties, &["Schedule"])?;
                let rate = properties.need("Schedule")?;
                let Some(every) = parse_rate(&scope.text(rate)?) else {
                    return rate.fault("only rate(<number> minutes|hours|days) is understood by the local cloud");
                };
                world.schedules.push(Schedule { name, every, function: function.to_owned() });
            }
            "SQS" => world.queue_mappings.push(queue(scope, function, properties)?),
            "DynamoDB" => world.streams.push(streams::mapping(scope, name, function, properties)?),
            other => return kind.fault(format!("the local cloud does not know the event type {other}")),
        }
    }
    Ok(())
}

fn rule(scope: &Scope<'_>, name: String, function: &str, properties: &Node) -> Result<Rule> {
    // A rule's own retries concern the hand-over to Lambda, which cannot fail here.
    known(properties, &["EventBusName", "Pattern", "RetryPolicy", "DeadLetterConfig"])?;
    let node = properties.need("Pattern")?;
    let pattern = scope.value(node)?;
    if let Err(error) = Pattern::new(&pattern) {
        return node.fault(error.to_string());
    }
    let bus = match properties.get("EventBusName") {
        Some(bus) => scope.text(bus)?,
        None => "default".to_owned(),
    };
    Ok(Rule { name, bus, pattern, function: function.to_owned(), line: node.line })
}

/// The most messages of a batch: more would need a batching window on AWS.
const MAX_BATCH: u64 = 10;

fn queue(scope: &Scope<'_>, function: &str, properties: &Node) -> Result<QueueMapping> {
    known(properties, &["Queue", "BatchSize", "FunctionResponseTypes", "ScalingConfig"])?;
    let whole = |node: Option<&Node>, default: u64| node.map_or(Ok(default), |node| number(scope, node));
    let batch_size = whole(properties.get("BatchSize"), MAX_BATCH)?;
    if !(1..=MAX_BATCH).contains(&batch_size) {
        return properties.fault(format!("BatchSize is 1 to {MAX_BATCH} in the local cloud"));
    }
    let scaling = properties.get("ScalingConfig").and_then(|config| config.get("MaximumConcurrency"));
    let concurrency = whole(scaling, 5)?.max(1);
    let arn = scope.text(properties.need("Queue")?)?;
    Ok(QueueMapping {
        queue: arn.rsplit(':').next().unwrap_or_default().to_owned(),
        function: function.to_owned(),
        batch_size: usize::try_from(batch_size).unwrap_or(1),
        concurrency: usize::try_from(concurrency).unwrap_or(1),
        reports_failures: streams::reports_failures(scope, properties)?,
    })
}

/// Retries of asynchronous invocations, and the queue that is told of those that failed for good.
pub(super) fn asynchronous(scope: &Scope<'_>, config: Option<&Node>) -> Result<(u32, Option<String>)> {
    let Some(config) = config else { return Ok((DEFAULT_RETRIES, None)) };
    known(config, &["MaximumRetryAttempts", "DestinationConfig"])?;
    let retries = match config.get("MaximumRetryAttempts") {
        Some(node) => match number(scope, node)? {
            retries @ 0..=2 => u32::try_from(retries).unwrap_or(DEFAULT_RETRIES),
            _ => return node.fault("an asynchronous invocation has 0 to 2 retries"),
        },
        None => DEFAULT_RETRIES,
    };
    let Some(destinations) = config.get("DestinationConfig") else { return Ok((retries, None)) };
    known(destinations, &["OnFailure"])?;
    let target = destinations.need("OnFailure")?;
    if scope.text(target.need("Type")?)? != "SQS" {
        return target.fault("only SQS is understood by the local cloud here");
    }
    let arn = scope.text(target.need("Destination")?)?;
    Ok((retries, arn.rsplit(':').next().map(str::to_owned)))
}

pub(super) fn known(node: &Node, names: &[&str]) -> Result<()> {
    for (name, value) in node.entries()? {
        if !names.contains(&name.as_str()) {
            return value.fault(format!("the local cloud does not know the property {name}"));
        }
    }
    Ok(())
}

fn parse_rate(text: &str) -> Option<Duration> {
    let (count, unit) = text.strip_prefix("rate(")?.strip_suffix(')')?.split_once(' ')?;
    let seconds = match unit {
        "minute" | "minutes" => 60,
        "hour" | "hours" => 3600,
        "day" | "days" => 24 * 3600,
        _ => return None,
    };
    count.parse::<u64>().ok().filter(|count| *count > 0).map(|count| Duration::from_secs(count * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read() {
        assert_eq!(parse_rate("rate(1 minute)"), Some(Duration::from_secs(60)));
        assert_eq!(parse_rate("rate(2 hours)"), Some(Duration::from_secs(7200)));
        for wrong in ["rate(0 minutes)", "cron(0 12 * * ? *)", "rate(1)", "rate(-1 day)", ""] {
            assert_eq!(parse_rate(wrong), None, "{wrong}");
        }
    }
}
