//! MediaConvert: probes, jobs, and the wire form of an order.

mod settings;

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_mediaconvert::Client;
use aws_sdk_mediaconvert::config::Builder;
use aws_sdk_mediaconvert::config::timeout::TimeoutConfig;
use aws_sdk_mediaconvert::types::{Codec, JobStatus, ProbeInputFile, Track, TrackType};
use aws_types::SdkConfig;
use skylark_domain::ports::{KnownJob, Transcoder};
use skylark_domain::video::source::{Probed, VideoTrack};
use skylark_domain::video::transcoding::{News, Order};
use skylark_domain::video::{Places, Progress};
use skylark_domain::{PortError, PortErrorKind};

use crate::error::port_error;

const PORT: &str = "transcoder";
/// MediaConvert reads the object before it answers.
const PROBE_TIMEOUT: Duration = Duration::from_secs(20);

/// Names of a job's user metadata, by which its reports are told.
pub mod metadata {
    /// The owner.
    pub const USER_ID: &str = "userId";
    /// The video.
    pub const VIDEO_ID: &str = "videoId";
    /// The attempt.
    pub const ATTEMPT: &str = "attempt";
}

/// The service.
#[derive(Clone)]
pub struct MediaConvert {
    client: Client,
    places: Places,
}

impl MediaConvert {
    /// The service in the region and at the endpoint of `config`.
    pub fn new(config: &SdkConfig, places: Places) -> Self {
        Self { client: Client::new(config), places }
    }

    fn source_url(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.places.upload_bucket)
    }
}

#[async_trait]
impl Transcoder for MediaConvert {
    async fn probe(&self, key: &str) -> Result<Option<Probed>, PortError> {
        let timeouts =
            TimeoutConfig::builder().operation_attempt_timeout(PROBE_TIMEOUT).operation_timeout(PROBE_TIMEOUT).build();
        let answer = self
            .client
            .probe()
            .input_files(ProbeInputFile::builder().file_url(self.source_url(key)).build())
            .customize()
            .config_override(Builder::new().timeout_config(timeouts))
            .send()
            .await;
        let answer = match answer {
            Ok(answer) => answer,
            // What cannot be read as media is refused as bad input.
            Err(error) if error.as_service_error().is_some_and(|error| error.is_bad_request_exception()) => {
                return Ok(None);
            }
            Err(error) => return Err(port_error(PORT, error)),
        };
        let container = answer.probe_results().first().and_then(|result| result.container());
        Ok(container.and_then(|container| {
            let is = |track: &&Track, kind: TrackType| track.track_type() == Some(&kind);
            Some(Probed {
                container: container.format()?.as_str().to_owned(),
                duration: container.duration(),
                video: container.tracks().iter().find(|track| is(track, TrackType::Video)).map(video_track),
                has_audio: container.tracks().iter().any(|track| is(&track, TrackType::Audio)),
            })
        }))
    }

    async fn create_job(&self, order: &Order) -> Result<String, PortError> {
        let answer = self
            .client
            .create_job()
            .client_request_token(format!("{}-{}", order.video_id, order.attempt))
            .queue(&self.places.job_queue)
            .role(&self.places.job_role)
            .user_metadata(metadata::USER_ID, order.user_id.to_string())
            .user_metadata(metadata::VIDEO_ID, order.video_id.to_string())
            .user_metadata(metadata::ATTEMPT, order.attempt.to_string())
            .settings(settings::of(order, &self.places))
            .send()
            .await;
        let answer = answer.map_err(|error| {
            // Only the order itself can be wrong for good; rights, quotas and subscriptions change.
            let is_wrong = error.as_service_error().is_some_and(|error| error.is_bad_request_exception());
            let error = port_error(PORT, error);
            match error.kind {
                PortErrorKind::Rejected if !is_wrong => PortError { kind: PortErrorKind::Unavailable, ..error },
                _ => error,
            }
        })?;
        // A cut off answer may read as an empty one.
        let id = answer.job.and_then(|job| job.id);
        id.ok_or_else(|| PortError::new(PORT, PortErrorKind::Unavailable, "the answer names no job"))
    }

    async fn find_jobs(&self, source_key: &str) -> Result<Vec<KnownJob>, PortError> {
        let mut pages =
            self.client.search_jobs().input_file(self.source_url(source_key)).into_paginator().items().send();
        let mut found = Vec::new();
        while let Some(job) = pages.next().await {
            let job = job.map_err(|error| port_error(PORT, error))?;
            let is_over = matches!(job.status(), Some(JobStatus::Error | JobStatus::Canceled));
            let said = |name: &str| job.user_metadata().and_then(|metadata| metadata.get(name)).cloned();
            found.push(KnownJob {
                id: job.id().unwrap_or_default().to_owned(),
                video_id: said(metadata::VIDEO_ID),
                attempt: said(metadata::ATTEMPT).and_then(|attempt| attempt.parse().ok()),
                is_good: !is_over,
            });
        }
        Ok(found)
    }

    async fn job(&self, id: &str) -> Result<Option<News>, PortError> {
        let answer = match self.client.get_job().id(id).send().await {
            Ok(answer) => answer,
            Err(error) if error.as_service_error().is_some_and(|error| error.is_not_found_exception()) => {
                return Ok(None);
            }
            Err(error) => return Err(port_error(PORT, error)),
        };
        Ok(answer.job.map(|job| match job.status() {
            Some(JobStatus::Complete) => News::Complete { duration_ms: None },
            Some(JobStatus::Error) => {
                News::Failed(job.error_code().and_then(|code| u32::try_from(code).ok()).unwrap_or(0))
            }
            Some(JobStatus::Canceled) => News::Canceled,
            _ => News::Progress(Progress {
                phase: job.current_phase().map(|phase| phase.as_str().to_owned()),
                percent: job
                    .job_percent_complete()
                    .and_then(|percent| u32::try_from(percent).ok())
                    .unwrap_or(0)
                    .min(99),
            }),
        }))
    }

    async fn cancel_job(&self, id: &str) -> Result<(), PortError> {
        match self.client.cancel_job().id(id).send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_conflict_exception() || error.is_not_found_exception()) =>
            {
                Ok(())
            }
            Err(error) => Err(port_error(PORT, error)),
        }
    }
}

fn video_track(track: &Track) -> VideoTrack {
    let properties = track.video_properties();
    let side = |side: Option<i32>| side.and_then(|side| u32::try_from(side).ok()).unwrap_or_default();
    let rate = properties.and_then(|properties| properties.frame_rate());
    let rate = rate.and_then(|rate| rate.numerator().zip(rate.denominator())).filter(|(_, below)| *below > 0);
    let width = side(properties.and_then(|properties| properties.width()));
    let pixel = properties.and_then(|properties| properties.sample_aspect_ratio());
    let pixel = pixel
        .and_then(|pixel| pixel.numerator().zip(pixel.denominator()))
        .filter(|(wide, high)| *wide > 0 && *high > 0);
    VideoTrack {
        is_known: track.codec().is_some_and(|codec| *codec != Codec::UnknownValue),
        width: pixel
            .map_or(width, |(wide, high)| (f64::from(width) * f64::from(wide) / f64::from(high)).round() as u32),
        height: side(properties.and_then(|properties| properties.height())),
        rotation: side(properties.and_then(|properties| properties.rotation())),
        frame_rate: rate.map(|(above, below)| f64::from(above) / f64::from(below)),
    }
}
