//! Buckets, queues and recording configurations.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::intrinsics::{Scope, queue_name};
use super::resources::{number, only};
use super::yaml::{Node, Result};
use crate::ivs::arn::of_template;
use crate::world::{Bucket, CorsRule, Expiration, Queue, RecordingConfiguration};

const DAY: Duration = Duration::from_secs(24 * 3600);

pub(super) fn bucket(scope: &Scope<'_>, id: &str, resource: &Node) -> Result<Bucket> {
    // Who may reach a bucket is settled by loopback and signatures here: docs/local-gaps.md.
    const ACCESS: [&str; 3] = ["OwnershipControls", "PublicAccessBlockConfiguration", "BucketEncryption"];
    const KNOWN: [&str; 4] = ["BucketName", "NotificationConfiguration", "CorsConfiguration", "LifecycleConfiguration"];
    only(resource, &[KNOWN.as_slice(), &ACCESS].concat())?;
    let properties = resource.need("Properties")?;
    let mut bucket = Bucket {
        name: scope.text(properties.need("BucketName")?)?,
        logical_name: id.to_owned(),
        event_bridge: false,
        cors: Vec::new(),
        expirations: Vec::new(),
        abort_multipart_after: None,
    };
    if let Some(node) = properties.get("NotificationConfiguration") {
        let switch = node.need("EventBridgeConfiguration")?.need("EventBridgeEnabled")?;
        bucket.event_bridge = scope.text(switch)? == "true";
    }
    if let Some(node) = properties.get("CorsConfiguration") {
        let rules = node.need("CorsRules")?;
        let Value::Array(values) = scope.value(rules)? else { return rules.fault("a list of rules is expected") };
        bucket.cors = values.iter().map(cors_rule).collect();
    }
    if let Some(node) = properties.get("LifecycleConfiguration") {
        let rules = node.need("Rules")?;
        let Value::Array(values) = scope.value(rules)? else { return rules.fault("a list of rules is expected") };
        for rule in &values {
            lifecycle_rule(&mut bucket, rule).map_or_else(|property| rules.fault(property), Ok)?;
        }
    }
    Ok(bucket)
}

fn cors_rule(rule: &Value) -> CorsRule {
    let list = |name: &str| -> Vec<String> {
        rule[name].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    CorsRule {
        allowed_origins: list("AllowedOrigins"),
        allowed_methods: list("AllowedMethods"),
        allowed_headers: list("AllowedHeaders"),
        exposed_headers: list("ExposedHeaders"),
        max_age_seconds: rule["MaxAge"].as_u64(),
    }
}

fn lifecycle_rule(bucket: &mut Bucket, rule: &Value) -> Result<(), String> {
    if rule["Status"] != "Enabled" {
        return Ok(());
    }
    let days = |value: &Value| value.as_u64().and_then(|days| u32::try_from(days).ok()).map(|days| DAY * days);
    for (name, value) in rule.as_object().into_iter().flatten() {
        match name.as_str() {
            "Id" | "Status" | "Prefix" => {}
            "AbortIncompleteMultipartUpload" => bucket.abort_multipart_after = days(&value["DaysAfterInitiation"]),
            "ExpirationInDays" => {
                let after = days(value).ok_or("ExpirationInDays is a number of days")?;
                let prefix = rule["Prefix"].as_str().unwrap_or_default().to_owned();
                bucket.expirations.push(Expiration { prefix, after });
            }
            other => return Err(format!("the local cloud does not know the lifecycle property {other}")),
        }
    }
    Ok(())
}

pub(super) fn queue(scope: &Scope<'_>, id: &str, resource: &Node) -> Result<Queue> {
    const KNOWN: [&str; 5] =
        ["DelaySeconds", "MessageRetentionPeriod", "RedrivePolicy", "SqsManagedSseEnabled", "VisibilityTimeout"];
    only(resource, &KNOWN)?;
    let properties = resource.need("Properties")?;
    let seconds = |name: &str, default: u64| -> Result<Duration> {
        properties.get(name).map_or(Ok(default), |node| number(scope, node)).map(Duration::from_secs)
    };
    let redrive = match properties.get("RedrivePolicy") {
        Some(node) => {
            let arn = scope.text(node.need("deadLetterTargetArn")?)?;
            let target = arn.rsplit(':').next().unwrap_or_default().to_owned();
            let receives = number(scope, node.need("maxReceiveCount")?)?;
            Some((target, u32::try_from(receives).unwrap_or(u32::MAX)))
        }
        None => None,
    };
    Ok(Queue {
        name: queue_name(id),
        visibility_timeout: seconds("VisibilityTimeout", 30)?,
        retention: seconds("MessageRetentionPeriod", 345_600)?,
        delay: seconds("DelaySeconds", 0)?,
        redrive,
    })
}

/// CloudFormation writes the names of IVS's API with a capital, and tags as a list.
pub(super) fn recording_configuration(scope: &Scope<'_>, id: &str, resource: &Node) -> Result<RecordingConfiguration> {
    const KNOWN: [&str; 6] = [
        "DestinationConfiguration",
        "Name",
        "RecordingReconnectWindowSeconds",
        "RenditionConfiguration",
        "Tags",
        "ThumbnailConfiguration",
    ];
    only(resource, &KNOWN)?;
    let mut create = Map::new();
    for (name, node) in resource.need("Properties")?.entries()? {
        let value = scope.value(node)?;
        let value = match name.as_str() {
            "Tags" => tags(&value),
            "RecordingReconnectWindowSeconds" => json!(number(scope, node)?),
            _ => uncapitalised(value),
        };
        create.insert(uncapital(name), value);
    }
    Ok(RecordingConfiguration { arn: of_template(id), create: Value::Object(create) })
}

fn tags(list: &Value) -> Value {
    let pair = |tag: &Value| Some((tag["Key"].as_str()?.to_owned(), tag["Value"].clone()));
    list.as_array().into_iter().flatten().filter_map(pair).collect::<Map<_, _>>().into()
}

fn uncapital(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

fn uncapitalised(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| (uncapital(&name), uncapitalised(value)))
            .collect::<Map<_, _>>()
            .into(),
        value => value,
    }
}
