//! Event source mappings: functions that take the records of a table's stream.

use std::time::Duration;

use super::events::known;
use super::intrinsics::Scope;
use super::yaml::{Node, Result};
use crate::bus::Pattern;
use crate::world::StreamMapping;

/// Reads an event of type `DynamoDB`.
pub(super) fn mapping(scope: &Scope<'_>, name: String, function: &str, properties: &Node) -> Result<StreamMapping> {
    const KNOWN: [&str; 10] = [
        "Stream",
        "StartingPosition",
        "BatchSize",
        "ParallelizationFactor",
        "MaximumRecordAgeInSeconds",
        "MaximumRetryAttempts",
        // A failing batch is always made smaller here.
        "BisectBatchOnFunctionError",
        "FunctionResponseTypes",
        "FilterCriteria",
        "DestinationConfig",
    ];
    known(properties, &KNOWN)?;
    let stream = properties.need("Stream")?;
    let arn = scope.text(stream)?;
    let Some(table) = arn.split('/').nth(1) else { return stream.fault("the ARN of a table's stream is expected") };
    for (property, only) in [("StartingPosition", "TRIM_HORIZON"), ("ParallelizationFactor", "1")] {
        if let Some(node) = properties.get(property)
            && scope.text(node)? != only
        {
            return node.fault(format!("only {only} is understood by the local cloud"));
        }
    }
    let whole = |property: &str, default: i64| -> Result<i64> {
        let Some(node) = properties.get(property) else { return Ok(default) };
        let text = scope.text(node)?;
        text.parse().or_else(|_| node.fault(format!("{text} is no number")))
    };
    let mut filters = Vec::new();
    if let Some(criteria) = properties.get("FilterCriteria") {
        known(criteria, &["Filters"])?;
        for filter in criteria.need("Filters")?.items()? {
            let node = filter.need("Pattern")?;
            let pattern = serde_json::from_str(&scope.text(node)?);
            let pattern = match pattern {
                Ok(pattern) => pattern,
                Err(error) => return node.fault(format!("the pattern is no JSON: {error}")),
            };
            if let Err(error) = Pattern::new(&pattern) {
                return node.fault(error.to_string());
            }
            filters.push(pattern);
        }
    }
    let reports_failures = reports_failures(scope, properties)?;
    let on_failure = match properties.get("DestinationConfig") {
        Some(config) => {
            known(config, &["OnFailure"])?;
            let arn = scope.text(config.need("OnFailure")?.need("Destination")?)?;
            arn.rsplit(':').next().map(str::to_owned)
        }
        None => None,
    };
    let positive = |number: i64, default: u64| u64::try_from(number).unwrap_or(default);
    Ok(StreamMapping {
        name,
        table: table.to_owned(),
        function: function.to_owned(),
        filters,
        batch_size: usize::try_from(whole("BatchSize", 100)?.max(1)).unwrap_or(1),
        max_age: Duration::from_secs(positive(whole("MaximumRecordAgeInSeconds", -1)?, u64::MAX)),
        max_retries: u32::try_from(whole("MaximumRetryAttempts", -1)?).ok(),
        reports_failures,
        on_failure,
    })
}

/// Whether the function says which records of a batch failed.
pub(super) fn reports_failures(scope: &Scope<'_>, properties: &Node) -> Result<bool> {
    let Some(types) = properties.get("FunctionResponseTypes") else { return Ok(false) };
    let mut reports = false;
    for node in types.items()? {
        if scope.text(node)? != "ReportBatchItemFailures" {
            return node.fault("only ReportBatchItemFailures is known");
        }
        reports = true;
    }
    Ok(reports)
}
