//! MediaConvert's "Job State Change" to the domain's `take_report`.

use std::collections::HashMap;

use aws_lambda_events::eventbridge::EventBridgeEvent;
use serde::{Deserialize, Serialize};
use skylark_cloud::mediaconvert::metadata;
use skylark_domain::Error;
use skylark_domain::video::transcoding::{News, Report};
use skylark_domain::video::{Progress, Videos};

/// What the event says of the job. MediaConvert leaves things out, and sometimes says null.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobStateChange {
    status: String,
    job_id: String,
    user_metadata: Option<HashMap<String, String>>,
    job_progress: Option<JobProgress>,
    output_group_details: Option<Vec<OutputGroup>>,
    error_code: Option<u32>,
    error_message: Option<String>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
struct JobProgress {
    job_percent_complete: Option<u32>,
    current_phase: Option<String>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
struct OutputGroup {
    output_details: Option<Vec<OutputDetail>>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
struct OutputDetail {
    duration_in_ms: Option<u64>,
}

pub(crate) async fn handle(videos: &Videos, event: EventBridgeEvent<JobStateChange>) -> Result<(), Error> {
    let detail = event.detail;
    let (job, status) = (detail.job_id.clone(), detail.status.clone());
    if status == "ERROR" {
        tracing::warn!(job, code = detail.error_code, message = detail.error_message, "a job failed");
    }
    match report(detail) {
        Some(report) => videos.take_report(report).await,
        None => {
            tracing::warn!(job, status, "a job that is none of ours");
            Ok(())
        }
    }
}

/// The report in the domain's words; `None` for jobs that were not made by us and states that mean nothing to us.
fn report(detail: JobStateChange) -> Option<Report> {
    let metadata = detail.user_metadata.unwrap_or_default();
    let said = |name: &str| metadata.get(name);
    let durations =
        detail.output_group_details.iter().flatten().filter_map(|group| group.output_details.as_ref()).flatten();
    let news = match detail.status.as_str() {
        "PROGRESSING" => News::Progress(Progress { phase: Some("PROBING".into()), percent: 0 }),
        "STATUS_UPDATE" => {
            let progress = detail.job_progress.unwrap_or_default();
            News::Progress(Progress {
                phase: progress.current_phase,
                percent: progress.job_percent_complete.unwrap_or(0).min(99),
            })
        }
        "COMPLETE" => News::Complete { duration_ms: durations.filter_map(|output| output.duration_in_ms).max() },
        "ERROR" => News::Failed(detail.error_code.unwrap_or(0)),
        "CANCELED" => News::Canceled,
        _ => return None,
    };
    Some(Report {
        user_id: said(metadata::USER_ID)?.parse().ok()?,
        video_id: said(metadata::VIDEO_ID)?.parse().ok()?,
        attempt: said(metadata::ATTEMPT)?.parse().ok()?,
        job_id: detail.job_id,
        news,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn news(mut detail: Value) -> Option<News> {
        detail["jobId"] = json!("1-a");
        detail["userMetadata"] = json!({
            "userId": "usr_01kas8xy7me2t8sr0v0bjhvw5w",
            "videoId": "vid_01kas8xy7me2t8sr0v0bjhvw5w",
            "attempt": "2",
        });
        report(serde_json::from_value(detail).ok()?).map(|report| report.news)
    }

    #[test]
    fn job_states_become_news() {
        let update = json!({ "status": "STATUS_UPDATE", "jobProgress": { "jobPercentComplete": 100, "currentPhase": "UPLOADING" } });
        let progress = Progress { phase: Some("UPLOADING".into()), percent: 99 };
        assert_eq!(news(update), Some(News::Progress(progress)));
        let complete = json!({ "status": "COMPLETE", "outputGroupDetails": [
            { "outputDetails": [{ "durationInMs": 9000 }, { "durationInMs": 9100 }] },
            { "outputDetails": [{}] },
        ] });
        assert_eq!(news(complete), Some(News::Complete { duration_ms: Some(9100) }));
        assert_eq!(news(json!({ "status": "ERROR", "errorCode": 1030 })), Some(News::Failed(1030)));
        assert_eq!(news(json!({ "status": "CANCELED" })), Some(News::Canceled));
        let nothing =
            json!({ "status": "STATUS_UPDATE", "jobProgress": { "jobPercentComplete": null }, "errorCode": null });
        assert_eq!(news(nothing), Some(News::Progress(Progress::default())));
        assert_eq!(news(json!({ "status": "NEW_WARNING" })), None);
    }

    #[test]
    fn jobs_of_others_are_nobodys() {
        let foreign = json!({ "status": "COMPLETE", "jobId": "1-a", "userMetadata": { "videoId": "x" } });
        assert_eq!(report(serde_json::from_value(foreign).unwrap()), None);
    }
}
