//! What happens when a source arrives: it is judged before anything is paid for, then its first attempt begins.

use super::source::{self, Input, Kind, Step, Walk};
use super::state::Command;
use super::{FailureCode, Status, Upload, Videos, names};
use crate::error::Result;

/// Bytes of a file that are read to tell what it is.
const HEAD: u64 = 4096;
/// Bytes of a box's header.
const BOX_HEADER: u64 = 16;
/// Boxes that are looked at; a file with more of them is judged by the transcoder.
const MAX_BOXES: usize = 8;

/// How an object that arrived was dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ingested {
    /// A transcode was ordered.
    Ordered,
    /// The video FAILED.
    Refused(FailureCode),
    /// Nothing was to be done: the object came before.
    Known,
    /// The object belongs to no upload: nobody's video waits for it.
    Foreign,
}

impl Videos {
    /// Takes in the object `key` of `size` bytes in the upload bucket. Called at least once for each object; repeating it
    /// goes on where an earlier call ended.
    pub async fn ingest(&self, key: &str, size: u64) -> Result<Ingested> {
        let Some((user, upload_id)) = names::parse_source_key(key) else { return Ok(Ingested::Foreign) };
        let Some(upload) = self.catalog.upload(user, upload_id).await? else { return Ok(Ingested::Foreign) };
        let Some(current) = self.catalog.video_of(user, upload.video_id).await? else { return Ok(Ingested::Foreign) };
        let video = current.video;
        match video.status {
            Status::Uploading => {}
            Status::Processing if current.job_id.is_none() => {
                // An earlier call claimed it and then was cut off.
                self.submit(&video, true).await?;
                return Ok(Ingested::Ordered);
            }
            Status::Processing | Status::Ready => return Ok(Ingested::Known),
            Status::Failed if video.failure != Some(FailureCode::UploadExpired) => return Ok(Ingested::Known),
            // It came after it had been given up.
            Status::Failed | Status::Deleted => {
                self.uploads.delete(&[key.to_owned()]).await?;
                return Ok(Ingested::Known);
            }
        }
        let command = match self.judge(&upload, size).await? {
            Ok(input) => Command::Accept(input),
            Err(code) => Command::Refuse(code),
        };
        let refused = if let Command::Refuse(code) = command { Some(code) } else { None };
        let Some(video) = self.act(user, video.id, None, command).await? else { return Ok(Ingested::Known) };
        match refused {
            Some(code) => Ok(Ingested::Refused(code)),
            None => {
                self.submit(&video, false).await?;
                Ok(Ingested::Ordered)
            }
        }
    }

    /// The facts of a source, or why it cannot be made into a video.
    async fn judge(&self, upload: &Upload, size: u64) -> Result<Result<Input, FailureCode>> {
        if size == 0 {
            return Ok(Err(FailureCode::EmptyFile));
        }
        if size != upload.file_size {
            return Ok(Err(FailureCode::Truncated));
        }
        let head = self.uploads.read(&upload.key, 0, HEAD.min(size)).await?.unwrap_or_default();
        match source::sniff(&head) {
            None => return Ok(Err(FailureCode::UnsupportedFormat)),
            Some(Kind::Boxes) => {
                if let Some(code) = self.walk(&upload.key, &head, size).await? {
                    return Ok(Err(code));
                }
            }
            Some(Kind::Other) => {}
        }
        let probed = self.transcoder.probe(&upload.key).await?;
        Ok(source::judge(probed, self.limits.duration_seconds))
    }

    /// Walks along the boxes; most headers are read by a ranged GET of their own.
    async fn walk(&self, key: &str, head: &[u8], size: u64) -> Result<Option<FailureCode>> {
        let mut walk = Walk::default();
        for _ in 0..MAX_BOXES {
            let start = usize::try_from(walk.offset).unwrap_or(usize::MAX);
            let end = start.saturating_add(BOX_HEADER as usize);
            let header = match head.get(start..end) {
                Some(header) => header.to_vec(),
                None => {
                    let length = BOX_HEADER.min(size - walk.offset);
                    self.uploads.read(key, walk.offset, length).await?.unwrap_or_default()
                }
            };
            match walk.step(&header, size) {
                Step::On(next) => walk = next,
                Step::Done => break,
                Step::Broken(code) => return Ok(Some(code)),
            }
        }
        Ok(None)
    }
}
