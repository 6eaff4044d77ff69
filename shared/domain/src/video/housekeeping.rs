//! What nobody else notices: sources that never came, jobs that were never ordered, and jobs whose end was never told.

use jiff::SignedDuration;

use super::state::Command;
use super::transcoding::{News, Report};
use super::{FailureCode, Status, Video, Videos};
use crate::error::Result;

/// How long the trigger and its retries have for ordering a job.
const ORDER_PATIENCE: SignedDuration = SignedDuration::from_mins(5);
/// How long a job goes without being asked after: its events tell of it.
const JOB_PATIENCE: SignedDuration = SignedDuration::from_mins(10);
/// How long an attempt may take at all.
const MAX_PROCESSING: SignedDuration = SignedDuration::from_hours(24);
/// How long after its time a source may still arrive: URLs are good for a while, and S3 takes its time over many parts.
const ARRIVAL_PATIENCE: SignedDuration = SignedDuration::from_mins(16);
/// How long a source that stands there and cannot be looked at is tried.
const INGEST_PATIENCE: SignedDuration = SignedDuration::from_hours(24);

/// What was done for a video.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tended {
    /// Nothing: it is on its way.
    Left,
    /// Its source is there and was never looked at.
    Ingested,
    /// Its source did not come in time.
    Expired,
    /// Its job was ordered, or found.
    Ordered,
    /// Its job's end was learned.
    Settled,
    /// What was left of it after it was deleted is gone.
    Purged,
    /// Its job took too long and was cancelled.
    TimedOut,
}

impl Videos {
    /// The videos that wait for being looked after. Each round begins at another of them, so that those that make trouble
    /// keep nobody waiting.
    pub async fn due(&self) -> Result<Vec<Video>> {
        let now = self.clock.now();
        let mut due: Vec<Video> = self.catalog.due(now).await?.into_iter().map(|current| current.video).collect();
        let minute = usize::try_from(now.as_second() / 60).unwrap_or_default();
        let first = minute.checked_rem(due.len()).unwrap_or_default();
        due.rotate_left(first);
        Ok(due)
    }

    /// Looks after one of them.
    pub async fn tend(&self, listed: &Video) -> Result<Tended> {
        if listed.status == Status::Deleted {
            self.purge(listed).await?;
            return Ok(Tended::Purged);
        }
        // Lists are late: what counts is read anew.
        let Some(current) = self.catalog.video_of(listed.user_id, listed.id).await? else { return Ok(Tended::Left) };
        let video = &current.video;
        match video.status {
            Status::Uploading => self.tend_upload(video).await,
            Status::Processing => {
                let age = self.clock.now().duration_since(video.attempt_at.unwrap_or(video.updated_at));
                match &current.job_id {
                    None if age >= ORDER_PATIENCE => {
                        self.submit(video, true).await?;
                        Ok(Tended::Ordered)
                    }
                    Some(job_id) if age >= JOB_PATIENCE => self.tend_job(video, job_id, age).await,
                    _ => Ok(Tended::Left),
                }
            }
            Status::Ready | Status::Failed | Status::Deleted => Ok(Tended::Left),
        }
    }

    async fn tend_upload(&self, video: &Video) -> Result<Tended> {
        let Some(uploaded) = video.uploaded() else { return Ok(Tended::Left) };
        let late = self.clock.now().duration_since(uploaded.expires_at);
        if late < ARRIVAL_PATIENCE {
            return Ok(Tended::Left);
        }
        // Its event was lost, or given up on.
        if let Some(size) = self.uploads.size(&uploaded.key).await? {
            let ingested = self.ingest(&uploaded.key, size).await;
            if ingested.is_err() && late >= INGEST_PATIENCE {
                self.act(video.user_id, video.id, None, Command::Refuse(FailureCode::Internal)).await?;
            }
            ingested?;
            return Ok(Tended::Ingested);
        }
        self.act(video.user_id, video.id, None, Command::GiveUp).await?;
        if let Some(upload) = self.catalog.upload(video.user_id, uploaded.upload_id).await? {
            self.drop_transfer(&upload).await?;
        }
        Ok(Tended::Expired)
    }

    async fn tend_job(&self, video: &Video, job_id: &str, age: SignedDuration) -> Result<Tended> {
        let Video { user_id, id: video_id, attempt, .. } = *video;
        let news = self.transcoder.job(job_id).await?.unwrap_or(News::Canceled);
        if !matches!(news, News::Progress(_)) {
            let report = Report { user_id, video_id, attempt, job_id: job_id.to_owned(), news };
            self.take_report(report).await?;
            return Ok(Tended::Settled);
        }
        if age < MAX_PROCESSING {
            return Ok(Tended::Left);
        }
        // First: once the video has FAILED nobody comes back to its job.
        self.transcoder.cancel_job(job_id).await?;
        self.act(user_id, video_id, None, Command::Fail { attempt, code: FailureCode::Timeout }).await?;
        Ok(Tended::TimedOut)
    }
}
