//! CloudWatch: what IVS measures of encoders' signals.

use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat};
use aws_types::SdkConfig;
use jiff::{SignedDuration, Timestamp};
use skylark_domain::PortError;
use skylark_domain::ports::IngestMetrics;
use skylark_domain::stream::health::Sample;

use crate::error::port_error;

const PORT: &str = "metrics";
const NAMESPACE: &str = "AWS/IVS";
/// Seconds of one measurement.
const PERIOD: i32 = 60;
/// Measurements are there some time after their minute.
const LATENESS: SignedDuration = SignedDuration::from_mins(3);
/// Names and units: bits per second, frames per second, seconds.
const METRICS: [&str; 3] = ["IngestVideoBitrate", "IngestFramerate", "KeyframeInterval"];
/// Queries of one call.
const MAX_QUERIES: usize = 500;

/// The service.
#[derive(Clone)]
pub struct CloudWatch(Client);

impl CloudWatch {
    /// The service in the region and at the endpoint of `config`.
    pub fn new(config: &SdkConfig) -> Self {
        Self(Client::new(config))
    }

    /// The newest value of each metric of some channels, by the query's id.
    async fn newest(
        &self,
        arns: &[String],
        first: usize,
        until: Timestamp,
    ) -> Result<HashMap<String, (Timestamp, f64)>, PortError> {
        let mut queries = Vec::new();
        for (channel, arn) in arns.iter().enumerate() {
            let id = arn.rsplit('/').next().unwrap_or_default();
            for (metric, name) in METRICS.iter().enumerate() {
                let dimension = Dimension::builder().name("Channel").value(id).build();
                let of = Metric::builder().namespace(NAMESPACE).metric_name(*name).dimensions(dimension).build();
                let stat = MetricStat::builder().metric(of).period(PERIOD).stat("Average").build();
                let query = MetricDataQuery::builder().id(query_id(first + channel, metric)).metric_stat(stat).build();
                queries.push(query);
            }
        }
        let answer = self
            .0
            .get_metric_data()
            .start_time(DateTime::from_millis((until - LATENESS).as_millisecond()))
            .end_time(DateTime::from_millis(until.as_millisecond()))
            .set_metric_data_queries(Some(queries))
            .send()
            .await
            .map_err(|error| port_error(PORT, error))?;
        let mut found = HashMap::new();
        for result in answer.metric_data_results() {
            // Newest first, as CloudWatch answers unless it is told otherwise.
            if let (Some(id), Some(at), Some(value)) =
                (result.id(), result.timestamps().first(), result.values().first())
                && let Ok(at) = Timestamp::from_second(at.secs())
            {
                found.insert(id.to_owned(), (at, *value));
            }
        }
        Ok(found)
    }
}

fn query_id(channel: usize, metric: usize) -> String {
    format!("c{channel}m{metric}")
}

#[async_trait]
impl IngestMetrics for CloudWatch {
    async fn last_minute(&self, arns: &[String], until: Timestamp) -> Result<Vec<(String, Sample)>, PortError> {
        let mut samples = Vec::new();
        for (page, some) in arns.chunks(MAX_QUERIES / METRICS.len()).enumerate() {
            let first = page * (MAX_QUERIES / METRICS.len());
            let found = self.newest(some, first, until).await?;
            for (channel, arn) in some.iter().enumerate() {
                let sample = sample([0, 1, 2].map(|metric| found.get(&query_id(first + channel, metric)).copied()));
                samples.extend(sample.map(|sample| (arn.clone(), sample)));
            }
        }
        Ok(samples)
    }
}

/// What bitrate, frame rate and key frame interval say; nothing without the first.
fn sample([bits, rate, keyframes]: [Option<(Timestamp, f64)>; METRICS.len()]) -> Option<Sample> {
    let (at, bits) = bits?;
    Some(Sample {
        // CloudWatch says when the minute began.
        at: at + SignedDuration::from_secs(i64::from(PERIOD)),
        period_ms: 60_000,
        bitrate_kbps: bits / 1000.0,
        fps: rate.map_or(0.0, |(_, rate)| rate),
        // IVS measures neither.
        width: 0,
        height: 0,
        keyframe_ms: keyframes.map_or(0.0, |(_, seconds)| seconds * 1000.0),
        drift_ms: 0.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measurements_are_told_in_our_units() {
        let at = Timestamp::UNIX_EPOCH;
        let told = sample([Some((at, 2_500_000.0)), Some((at, 30.0)), Some((at, 2.0))]).unwrap();
        assert_eq!((told.bitrate_kbps, told.fps, told.keyframe_ms), (2500.0, 30.0, 2000.0));
        assert_eq!(sample([Some((at, 1000.0)), None, None]).unwrap().fps, 0.0);
        assert_eq!(sample([None, Some((at, 30.0)), None]), None);
    }
}
