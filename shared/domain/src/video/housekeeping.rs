//! What nobody else notices: sources that never came, jobs that were never ordered, and jobs whose end was never told.

use jiff::SignedDuration;

use super::state::Command;
use super::transcoding::{News, Report};
use super::{Current, FailureCode, Status, Video, Videos};
use crate::error::{Error, Result};
use crate::ids::VideoId;

/// How long the trigger and its retries have for ordering a job.
const ORDER_PATIENCE: SignedDuration = SignedDuration::from_mins(5);
/// How long a job goes without being asked after: its events tell of it.
const JOB_PATIENCE: SignedDuration = SignedDuration::from_mins(10);
/// How long an attempt may take at all.
const MAX_PROCESSING: SignedDuration = SignedDuration::from_hours(24);
/// Videos of one round; the rest is older next time.
const ROUND: usize = 500;

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
    /// Its job took too long and was cancelled.
    TimedOut,
}

impl Videos {
    /// Looks after the videos that wait for a source or a job, oldest first. One that makes trouble keeps nobody from the
    /// others.
    pub async fn tend(&self) -> Result<Vec<(VideoId, Result<Tended>)>> {
        let mut tended = Vec::new();
        for Current { video, .. } in self.catalog.pending(ROUND).await? {
            let id = video.id;
            tended.push((id, self.tend_one(video).await));
        }
        Ok(tended)
    }

    async fn tend_one(&self, listed: Video) -> Result<Tended> {
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
        let upload = self.catalog.upload(video.user_id, video.source.upload_id).await?;
        let is_over = upload.as_ref().is_none_or(|upload| upload.expires_at <= self.clock.now());
        if !is_over {
            return Ok(Tended::Left);
        }
        // Its event was lost, or given up on.
        if let Some(size) = self.uploads.size(&video.source.key).await? {
            self.ingest(&video.source.key, size).await?;
            return Ok(Tended::Ingested);
        }
        self.act(video.user_id, video.id, None, Command::GiveUp).await?;
        if let Some(upload) = upload {
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
        self.act(user_id, video_id, None, Command::Fail { attempt, code: FailureCode::Timeout }).await?;
        self.transcoder.cancel_job(job_id).await.map_err(Error::from)?;
        Ok(Tended::TimedOut)
    }
}
