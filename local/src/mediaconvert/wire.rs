//! MediaConvert's REST JSON: `CreateJob GetJob CancelJob ListJobs SearchJobs Probe`.

use std::collections::{BTreeMap, HashMap};

use axum::extract::{Path, Query, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::MediaConvert;
use super::jobs::{Job, Status};
use super::plan::{Location, Plan};
use super::probe;
use crate::state::now_ms;
use crate::tap::Tap;
use crate::world::{ACCOUNT, REGION};

/// The most jobs of one page.
const PAGE: usize = 20;

impl MediaConvert {
    /// What answers MediaConvert's calls.
    pub fn router(&self, tap: &Tap) -> Router {
        let routes = Router::new()
            .route("/2017-08-29/jobs", post(create).get(list))
            .route("/2017-08-29/jobs/{id}", get(one).delete(cancel))
            .route("/2017-08-29/search", get(list))
            .route("/2017-08-29/probe", post(look))
            .with_state(self.clone());
        tap.wrap("mediaconvert", operation, routes)
    }
}

fn operation(parts: &Parts) -> String {
    let path = parts.uri.path();
    match parts.method {
        Method::POST if path.ends_with("/jobs") => "CreateJob",
        Method::GET if path.ends_with("/jobs") => "ListJobs",
        Method::GET if path.ends_with("/search") => "SearchJobs",
        Method::GET => "GetJob",
        Method::DELETE => "CancelJob",
        Method::POST if path.ends_with("/probe") => "Probe",
        _ => "Other",
    }
    .to_owned()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateJob {
    role: String,
    settings: Value,
    client_request_token: Option<String>,
    queue: Option<String>,
    #[serde(default)]
    user_metadata: BTreeMap<String, String>,
}

async fn create(State(service): State<MediaConvert>, Json(request): Json<Value>) -> Response {
    let request: CreateJob = match serde_json::from_value(request) {
        Ok(request) => request,
        Err(error) => return bad_request(&error.to_string()),
    };
    let plan = match Plan::new(&request.settings) {
        Ok(plan) => plan,
        Err(message) => return bad_request(&message),
    };
    let id = format!("{}-{}", now_ms(), &uuid::Uuid::new_v4().simple().to_string()[..6]);
    let job = Job {
        id,
        created_at: now_ms(),
        started_at: None,
        finished_at: None,
        status: Status::Submitted,
        phase: None,
        percent: None,
        queue: request.queue.unwrap_or_else(|| format!("arn:aws:mediaconvert:{REGION}:{ACCOUNT}:queues/Default")),
        role: request.role,
        token: request.client_request_token,
        user_metadata: request.user_metadata,
        settings: request.settings,
        input: plan.input.url(),
        error: None,
        output_groups: None,
    };
    match service.jobs.create(job) {
        Ok(job) => {
            service.submitted.notify_one();
            (StatusCode::CREATED, Json(json!({ "job": wire(&job) }))).into_response()
        }
        Err(error) => internal(&error),
    }
}

async fn one(State(service): State<MediaConvert>, Path(id): Path<String>) -> Response {
    match service.jobs.get(&id) {
        Ok(Some(job)) => Json(json!({ "job": wire(&job) })).into_response(),
        Ok(None) => refuse(StatusCode::NOT_FOUND, "NotFoundException", "The job does not exist."),
        Err(error) => internal(&error),
    }
}

async fn list(State(service): State<MediaConvert>, Query(query): Query<HashMap<String, String>>) -> Response {
    let text = |name: &str| query.get(name).map(String::as_str);
    let most = text("maxResults").and_then(|most| most.parse().ok()).unwrap_or(PAGE).clamp(1, PAGE);
    match service.jobs.list(text("status"), text("inputFile"), text("queue"), most) {
        Ok(jobs) => Json(json!({ "jobs": jobs.iter().map(wire).collect::<Vec<_>>() })).into_response(),
        Err(error) => internal(&error),
    }
}

async fn cancel(State(service): State<MediaConvert>, Path(id): Path<String>) -> Response {
    let canceled = service.jobs.change(&id, "CANCELED", json!({}), |job| {
        job.status = Status::Canceled;
        job.finished_at = Some(now_ms());
    });
    match canceled {
        Ok(true) => {
            // The runner looks at the state of what it runs.
            service.submitted.notify_one();
            (StatusCode::ACCEPTED, Json(json!({}))).into_response()
        }
        Ok(false) => refuse(StatusCode::CONFLICT, "ConflictException", "The job is not there or at its end."),
        Err(error) => internal(&error),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Probe {
    #[serde(default)]
    input_files: Vec<InputFile>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InputFile {
    file_url: String,
}

async fn look(State(service): State<MediaConvert>, Json(request): Json<Value>) -> Response {
    let files = serde_json::from_value::<Probe>(request).map(|probe| probe.input_files).unwrap_or_default();
    let [file] = files.as_slice() else { return bad_request("one input file is expected") };
    let Some(location) = Location::parse(&file.file_url) else { return bad_request("fileUrl is s3://bucket/key") };
    let object = match service.objects.get(&location.bucket, &location.key) {
        Ok(object) => object,
        Err(_) => return bad_request("the input file does not exist or cannot be read"),
    };
    let tools = match &service.tools {
        Ok(tools) => tools,
        Err(missing) => return refuse(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerErrorException", missing),
    };
    match probe::probe(tools, &service.objects.path(&object)).await {
        Ok(media) => Json(json!({ "probeResults": [media.result(object.size, &object.etag)] })).into_response(),
        Err(error) => internal(&error),
    }
}

/// A job on the wire; times are epoch seconds.
fn wire(job: &Job) -> Value {
    let seconds = |at: Option<i64>| at.map(|at| at / 1000);
    let mut wire = json!({
        "id": job.id,
        "arn": job.arn(),
        "createdAt": job.created_at / 1000,
        "queue": job.queue,
        "role": job.role,
        "settings": job.settings,
        "status": job.status.as_str(),
        "userMetadata": job.user_metadata,
        "timing": {
            "submitTime": job.created_at / 1000,
            "startTime": seconds(job.started_at),
            "finishTime": seconds(job.finished_at),
        },
    });
    if let Some(token) = &job.token {
        wire["clientRequestToken"] = json!(token);
    }
    if let Some(percent) = job.percent {
        wire["jobPercentComplete"] = json!(percent);
    }
    if let Some(phase) = &job.phase {
        wire["currentPhase"] = json!(phase);
    }
    if let Some((code, message)) = &job.error {
        wire["errorCode"] = json!(code);
        wire["errorMessage"] = json!(message);
    }
    wire
}

fn bad_request(message: &str) -> Response {
    refuse(StatusCode::BAD_REQUEST, "BadRequestException", message)
}

fn internal(error: &anyhow::Error) -> Response {
    tracing::error!(%error, "MediaConvert cannot answer");
    refuse(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerErrorException", "internal error")
}

fn refuse(status: StatusCode, kind: &'static str, message: &str) -> Response {
    (status, [("x-amzn-errortype", kind)], Json(json!({ "message": message }))).into_response()
}
