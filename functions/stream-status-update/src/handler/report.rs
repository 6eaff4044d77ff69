//! IVS's events in the domain's words.

use aws_lambda_events::eventbridge::EventBridgeEvent;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use skylark_domain::Error;
use skylark_domain::stream::ingest::Report;
use skylark_domain::stream::session::News;

/// What the events say of an ingest session; each kind leaves most of it out.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Detail {
    event_name: Option<String>,
    stream_id: Option<String>,
    reason: Option<String>,
    code: Option<String>,
    limit_name: Option<String>,
    limit: Option<String>,
    limit_value: Option<f64>,
    limit_unit: Option<String>,
    exceeded_by: Option<f64>,
    recording_status: Option<String>,
    recording_s3_key_prefix: Option<String>,
    recording_duration_ms: Option<u64>,
}

/// The report of an event; `None` where it says nothing of a session that we would act upon.
pub(super) fn read(event: EventBridgeEvent<Value>) -> Result<Option<Report>, Error> {
    let kind = event.detail_type;
    let Some(channel_arn) = event.resources.into_iter().flatten().next() else { return Ok(None) };
    let detail: Detail = match serde_json::from_value(event.detail) {
        Ok(detail) => detail,
        Err(error) => return Err(Error::Internal(Box::new(error))),
    };
    let Some(ingest_id) = detail.stream_id.clone().filter(|id| !id.is_empty()) else { return Ok(None) };
    let at = match event.time {
        Some(time) => {
            Timestamp::from_millisecond(time.timestamp_millis()).map_err(|error| Error::Internal(Box::new(error)))?
        }
        None => return Ok(None),
    };
    let news = match kind.as_str() {
        "IVS Stream State Change" => of_state(&detail),
        "IVS Recording State Change" => of_recording(detail),
        "IVS Limit Breach" => Some(News::Trouble(limit(&detail))),
        "IVS Stream Health Change" if detail.event_name.as_deref() == Some("Starvation Start") => {
            Some(News::Trouble("The encoder sends nothing, though it is connected.".to_owned()))
        }
        _ => None,
    };
    Ok(news.map(|news| Report { channel_arn, ingest_id, at, news }))
}

fn of_state(detail: &Detail) -> Option<News> {
    Some(match detail.event_name.as_deref()? {
        "Session Created" => News::Created,
        "Stream Start" => News::Started,
        "Stream End" | "Session Ended" => News::Ended,
        "Stream Failure" | "Stream Takeover Failure" => {
            let reason = detail.reason.clone().or_else(|| detail.code.clone());
            News::Trouble(reason.unwrap_or_else(|| "The stream failed.".to_owned()))
        }
        _ => return None,
    })
}

fn of_recording(detail: Detail) -> Option<News> {
    let prefix = detail.recording_s3_key_prefix.filter(|prefix| !prefix.is_empty());
    Some(match (detail.recording_status.as_deref()?, prefix) {
        ("Recording Start", Some(prefix)) => News::RecordingStarted { prefix },
        ("Recording End", Some(prefix)) => {
            News::RecordingEnded { prefix, duration_ms: detail.recording_duration_ms.unwrap_or(0) }
        }
        ("Recording Start Failure" | "Recording End Failure", prefix) => News::RecordingFailed { prefix },
        _ => return None,
    })
}

fn limit(detail: &Detail) -> String {
    let name = detail.limit_name.as_deref().or(detail.limit.as_deref()).unwrap_or("A limit");
    let unit = detail.limit_unit.as_deref().unwrap_or_default();
    match (detail.limit_value, detail.exceeded_by) {
        (Some(value), Some(by)) => format!("{name} was exceeded by {by} {unit}; the limit is {value}."),
        _ => format!("{name} was exceeded."),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn news(kind: &str, mut detail: Value) -> Option<News> {
        detail["stream_id"] = json!("st-1");
        let event = json!({
            "version": "0", "id": "1", "detail-type": kind, "source": "aws.ivs", "account": "1", "region": "eu-west-1",
            "time": "2026-11-20T10:00:00Z", "resources": ["arn:aws:ivs:eu-west-1:1:channel/a"], "detail": detail,
        });
        let report = read(serde_json::from_value(event).unwrap()).unwrap()?;
        assert_eq!((report.ingest_id.as_str(), report.at.to_string().as_str()), ("st-1", "2026-11-20T10:00:00Z"));
        Some(report.news)
    }

    #[test]
    fn every_event_of_ivs_is_understood() {
        let state = |name: &str| news("IVS Stream State Change", json!({ "event_name": name, "channel_name": "" }));
        assert_eq!(state("Session Created"), Some(News::Created));
        assert_eq!(state("Stream Start"), Some(News::Started));
        assert_eq!((state("Stream End"), state("Session Ended")), (Some(News::Ended), Some(News::Ended)));
        assert_eq!(state("Stream Takeover"), None);
        let failure = json!({ "event_name": "Stream Failure", "reason": "no video" });
        assert_eq!(news("IVS Stream State Change", failure), Some(News::Trouble("no video".into())));
        let recording = |status: &str| {
            let detail = json!({ "recording_status": status, "recording_s3_key_prefix": "ivs/v1/a", "recording_duration_ms": 9 });
            news("IVS Recording State Change", detail)
        };
        let prefix = || "ivs/v1/a".to_owned();
        assert_eq!(recording("Recording Start"), Some(News::RecordingStarted { prefix: prefix() }));
        assert_eq!(recording("Recording End"), Some(News::RecordingEnded { prefix: prefix(), duration_ms: 9 }));
        assert_eq!(recording("Recording End Failure"), Some(News::RecordingFailed { prefix: Some(prefix()) }));
        let breach = json!({ "limit_name": "Ingest Bitrate", "limit_value": 3500000, "exceeded_by": 12, "limit_unit": "bits per second" });
        let sentence = "Ingest Bitrate was exceeded by 12 bits per second; the limit is 3500000.";
        assert_eq!(news("IVS Limit Breach", breach), Some(News::Trouble(sentence.into())));
        assert_eq!(news("IVS Stream Health Change", json!({ "event_name": "Starvation End" })), None);
        assert_eq!(news("IVS Ad Break State Change", json!({ "event_name": "Ad Break Inserted" })), None);
    }
}
