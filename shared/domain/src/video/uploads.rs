//! Uploads: announce a file, send it in one piece or in parts, finish or abort.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::state::{self, Command, Event};
use super::{Multipart, Source, Status, Upload, UploadedSource, Video, Videos, Visibility, names};
use crate::check::Check;
use crate::error::{Error, PortErrorKind, Result, Violation};
use crate::idempotency::Once;
use crate::ids::{UploadId, UserId, new_id};
use crate::ports::{Assembled, Committed, Part, Presigned};

/// Bytes of the largest file that is sent by a single PUT.
pub const MAX_SINGLE_PUT: u64 = 64 * MIB;
/// How long a presigned URL is good.
pub const URL_LIFE: Duration = Duration::from_secs(15 * 60);
/// The most part URLs of one answer.
pub const MAX_PART_URLS: usize = 200;
const MIB: u64 = 1024 * 1024;
/// S3 takes 10,000, but the list of them must fit into a request body.
const MAX_PARTS: u64 = 3_500;
/// How long the object of a single PUT is awaited.
const SINGLE_PUT_LIFE: SignedDuration = SignedDuration::from_hours(1);
/// How long the parts of a multipart upload are awaited; S3 drops them then.
const MULTIPART_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// A file that somebody is about to send.
#[derive(Debug, Clone)]
pub struct NewUpload {
    /// Its name on the sender's disk, 1-255 characters.
    pub file_name: String,
    /// One of [`names::CONTENT_TYPES`].
    pub content_type: String,
    /// Bytes, exactly.
    pub file_size: u64,
    /// Title of the video.
    pub title: String,
    /// Description of the video.
    pub description: Option<String>,
    /// Artist of the video.
    pub artist: Option<String>,
    /// Who finds the video.
    pub visibility: Visibility,
}

/// An upload that may begin.
#[derive(Debug, Clone)]
pub struct Begun {
    /// The upload.
    pub upload: Upload,
    /// How the file is sent.
    pub transfer: Transfer,
    /// When the URLs end.
    pub urls_expire_at: Timestamp,
    /// Whether it was begun by an earlier command of the same name.
    pub is_repeated: bool,
}

/// How a file is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transfer {
    /// In one piece.
    Put(Presigned),
    /// In parts, the first of them with their URLs.
    Parts(Vec<PartUrl>),
}

/// Where a part is sent by PUT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartUrl {
    /// 1-10,000.
    pub number: u32,
    /// Presigned.
    pub url: String,
}

/// Where an upload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Nothing has come.
    Waiting,
    /// Parts have come.
    Uploading,
    /// The object has come and was looked at.
    Completed,
    /// Its owner gave it up.
    Aborted,
    /// It did not come in time.
    Expired,
}

impl Videos {
    /// Announces a file and its video in the name of its owner.
    ///
    /// # Errors
    /// `Invalid`, `TooLarge`, `UnsupportedType`, `KeyReused`, `InProgress`.
    pub async fn begin_upload(
        &self,
        user: UserId,
        username: &str,
        new: NewUpload,
        once: Option<Once>,
    ) -> Result<Begun> {
        check_words(
            Check::default()
                .name("fileName", &new.file_name, 255)
                .require("fileSize", new.file_size > 0, "must be at least 1: the file is empty")
                .name("title", &new.title, super::commands::MAX_TITLE),
            new.description.as_deref(),
            new.artist.as_deref(),
        )
        .done()?;
        if new.file_size > self.limits.upload_bytes {
            return Err(Error::TooLarge { limit: self.limits.upload_bytes });
        }
        let now = self.clock.now();
        if let Some(begun) = self.begun_before(once.as_ref()).await? {
            return Ok(begun);
        }
        let (upload_id, video_id) = (new_id(now), new_id(now));
        let key = names::source_key(user, upload_id, &new.content_type).ok_or(Error::UnsupportedType)?;
        let multipart = match new.file_size {
            0..=MAX_SINGLE_PUT => None,
            size => Some(Multipart {
                s3_upload_id: self.uploads.begin_multipart(&key, &new.content_type).await?,
                part_size: part_size(size),
            }),
        };
        let life = if multipart.is_some() { MULTIPART_LIFE } else { SINGLE_PUT_LIFE };
        let upload = Upload {
            id: upload_id,
            user_id: user,
            video_id,
            key: key.clone(),
            file_size: new.file_size,
            content_type: new.content_type.clone(),
            multipart,
            aborted_at: None,
            created_at: now,
            expires_at: now + life,
        };
        let said = |text: Option<String>| text.filter(|text| !text.is_empty());
        let video = Video {
            id: video_id,
            user_id: user,
            username: Some(username.to_owned()),
            title: new.title,
            description: said(new.description),
            artist: said(new.artist),
            visibility: new.visibility,
            status: Status::Uploading,
            source: Source::Upload(UploadedSource {
                upload_id,
                key,
                file_size: new.file_size,
                content_type: new.content_type,
                expires_at: now + life,
            }),
            attempt: 0,
            attempt_at: None,
            input: None,
            media: None,
            captions: Vec::new(),
            failure: None,
            created_at: now,
            updated_at: now,
            version: 1,
        };
        let change = video.clone().change(&Event::VideoCreated(Box::new(video)), now)?;
        let done = once.as_ref().map(|once| once.done(upload_id, now));
        match self.catalog.announce(change, upload.clone(), done).await {
            Ok(Committed::Done) => self.begun(upload, false).await,
            // Another request of this name was quicker. S3 drops the transfer that was begun here.
            Ok(Committed::Repeated) => self.begun_before(once.as_ref()).await?.ok_or(Error::InProgress),
            Err(error) if error.kind == PortErrorKind::Throttled && once.is_some() => Err(Error::InProgress),
            Err(error) => Err(error.into()),
        }
    }

    /// What an earlier command of this name began; its URLs are signed again.
    async fn begun_before(&self, once: Option<&Once>) -> Result<Option<Begun>> {
        let Some(once) = once else { return Ok(None) };
        let Some(done) = once.repeated(self.idempotency.as_ref(), self.clock.now()).await? else { return Ok(None) };
        let id = done.resource.parse().map_err(|error| Error::Internal(Box::new(error)))?;
        let (upload, video) = self.upload_and_video(once.user_id, id).await?;
        match self.stage(&upload, &video) {
            Stage::Waiting | Stage::Uploading | Stage::Completed => Ok(Some(self.begun(upload, true).await?)),
            Stage::Aborted | Stage::Expired => Err(over()),
        }
    }

    async fn begun(&self, upload: Upload, is_repeated: bool) -> Result<Begun> {
        let urls_expire_at = self.urls_expire_at();
        let transfer = self.transfer(&upload).await?;
        Ok(Begun { upload, transfer, urls_expire_at, is_repeated })
    }

    /// When a URL that is signed now ends.
    pub fn urls_expire_at(&self) -> Timestamp {
        self.clock.now() + SignedDuration::try_from(URL_LIFE).unwrap_or_default()
    }

    async fn transfer(&self, upload: &Upload) -> Result<Transfer> {
        Ok(match &upload.multipart {
            None => {
                let put = self.uploads.presign_put(&upload.key, &upload.content_type, upload.file_size, URL_LIFE);
                Transfer::Put(put.await?)
            }
            Some(multipart) => {
                let count = multipart.part_count(upload.file_size);
                let numbers: Vec<u32> = (1..=count).take(MAX_PART_URLS).collect();
                Transfer::Parts(self.sign_parts(upload, multipart, &numbers).await?)
            }
        })
    }

    async fn sign_parts(&self, upload: &Upload, multipart: &Multipart, numbers: &[u32]) -> Result<Vec<PartUrl>> {
        let parts: Vec<(u32, u64)> =
            numbers.iter().map(|number| (*number, multipart.size_of(*number, upload.file_size))).collect();
        let urls = self.uploads.presign_parts(&upload.key, &multipart.s3_upload_id, &parts, URL_LIFE).await?;
        Ok(numbers.iter().zip(urls).map(|(number, url)| PartUrl { number: *number, url }).collect())
    }

    /// An upload of the caller, where it is, and the parts that have come.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn upload(&self, user: UserId, id: UploadId) -> Result<(Upload, Stage, Vec<Part>)> {
        let (upload, video) = self.upload_and_video(user, id).await?;
        let stage = self.stage(&upload, &video);
        let parts = match &upload.multipart {
            Some(multipart) if stage == Stage::Waiting => {
                self.uploads.parts(&upload.key, &multipart.s3_upload_id).await?.unwrap_or_default()
            }
            _ => Vec::new(),
        };
        let stage = if parts.is_empty() { stage } else { Stage::Uploading };
        Ok((upload, stage, parts))
    }

    /// Fresh URLs for parts, to go on after a break.
    ///
    /// # Errors
    /// `NotFound`, `Invalid`, `Conflict` when the upload has no parts or is over.
    pub async fn part_urls(&self, user: UserId, id: UploadId, numbers: &[u32]) -> Result<Vec<PartUrl>> {
        let (upload, multipart) = self.open_multipart(user, id).await?;
        let count = multipart.part_count(upload.file_size);
        let valid = !numbers.is_empty()
            && numbers.len() <= MAX_PART_URLS
            && numbers.iter().all(|number| (1..=count).contains(number));
        let reason = format!("must be 1 to {MAX_PART_URLS} part numbers from 1 to {count}");
        Check::default().require("numbers", valid, reason).done()?;
        self.sign_parts(&upload, &multipart, numbers).await
    }

    /// Makes one object of the parts: number and ETag of each, in order; of those that have come when nobody names them.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` when parts are missing or differ; `Conflict` when the upload has no parts or is over.
    pub async fn complete_upload(
        &self,
        user: UserId,
        id: UploadId,
        parts: Option<Vec<(u32, String)>>,
    ) -> Result<Upload> {
        let (upload, multipart) = match self.open_multipart(user, id).await {
            // The answer of a first try was lost.
            Err(Error::Conflict { code: "upload-completed", .. }) => {
                return Ok(self.upload_and_video(user, id).await?.0);
            }
            found => found?,
        };
        let Some(stored) = self.uploads.parts(&upload.key, &multipart.s3_upload_id).await? else {
            // Completed a moment ago, and not looked at yet.
            return match self.uploads.size(&upload.key).await? {
                Some(_) => Ok(upload),
                None => Err(over()),
            };
        };
        let came = || stored.iter().map(|part| (part.number, part.etag.clone())).collect();
        check_parts(&upload, &multipart, &stored, parts.as_deref())?;
        let parts: Vec<(u32, String)> = parts.unwrap_or_else(came);
        match self.uploads.complete_multipart(&upload.key, &multipart.s3_upload_id, &parts).await? {
            Assembled::Done => Ok(upload),
            Assembled::BadParts => Err(invalid_parts("do not match what was received".into())),
            Assembled::NoSuchTransfer => Err(over()),
        }
    }

    /// Gives an upload up; its video FAILS. Repeating it changes nothing.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when the file has come already.
    pub async fn abort_upload(&self, user: UserId, id: UploadId) -> Result<()> {
        for _ in 0..super::commands::TRIES {
            let (mut upload, video) = self.upload_and_video(user, id).await?;
            if video.status != Status::Uploading {
                return match self.stage(&upload, &video) {
                    Stage::Completed => Err(completed()),
                    _ => self.drop_transfer(&upload).await,
                };
            }
            let now = self.clock.now();
            upload.aborted_at = Some(now);
            let Some(event) = state::decide(&video, Command::GiveUp)? else { continue };
            match self.catalog.save_with_upload(video.change(&event, now)?, upload.clone()).await {
                Ok(()) => return self.drop_transfer(&upload).await,
                // The file came, or its words were changed, at this very moment: look again.
                Err(error) if error.kind == PortErrorKind::Conflict => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Unavailable { retry_after: Duration::from_secs(1) })
    }

    /// Drops what has come of an upload.
    pub(super) async fn drop_transfer(&self, upload: &Upload) -> Result<()> {
        if let Some(multipart) = &upload.multipart {
            self.uploads.abort_multipart(&upload.key, &multipart.s3_upload_id).await?;
        }
        Ok(self.uploads.delete(std::slice::from_ref(&upload.key)).await?)
    }

    async fn upload_and_video(&self, user: UserId, id: UploadId) -> Result<(Upload, Video)> {
        let missing = || Error::NotFound { what: "upload" };
        let upload = self.catalog.upload(user, id).await?.ok_or_else(missing)?;
        let current = self.catalog.video_of(user, upload.video_id).await?.ok_or_else(missing)?;
        Ok((upload, current.video))
    }

    async fn open_multipart(&self, user: UserId, id: UploadId) -> Result<(Upload, Multipart)> {
        let (upload, video) = self.upload_and_video(user, id).await?;
        let Some(multipart) = upload.multipart.clone() else {
            let message = "This upload is a single PUT: it has no parts.";
            return Err(Error::Conflict { code: "no-parts", message });
        };
        match self.stage(&upload, &video) {
            Stage::Waiting | Stage::Uploading => Ok((upload, multipart)),
            Stage::Completed => Err(completed()),
            Stage::Aborted | Stage::Expired => Err(over()),
        }
    }

    fn stage(&self, upload: &Upload, video: &Video) -> Stage {
        match video.status {
            _ if upload.aborted_at.is_some() => Stage::Aborted,
            Status::Uploading if upload.expires_at <= self.clock.now() => Stage::Expired,
            Status::Uploading => Stage::Waiting,
            Status::Failed if video.failure == Some(super::FailureCode::UploadExpired) => Stage::Expired,
            Status::Processing | Status::Ready | Status::Failed | Status::Deleted => Stage::Completed,
        }
    }
}

impl Multipart {
    /// How many parts a file of `file_size` has.
    pub fn part_count(&self, file_size: u64) -> u32 {
        u32::try_from(file_size.div_ceil(self.part_size)).unwrap_or(u32::MAX)
    }

    /// Bytes of a part; the last one has what is left.
    pub fn size_of(&self, number: u32, file_size: u64) -> u64 {
        let before = u64::from(number.saturating_sub(1)) * self.part_size;
        file_size.saturating_sub(before).min(self.part_size)
    }
}

/// Whole MiB, so that no file has more than [`MAX_PARTS`].
fn part_size(file_size: u64) -> u64 {
    file_size.div_ceil(MAX_PARTS).next_multiple_of(MIB).max(8 * MIB)
}

/// What a video's description and artist may hold.
pub(super) fn check_words(check: Check, description: Option<&str>, artist: Option<&str>) -> Check {
    check.text("description", description, super::commands::MAX_DESCRIPTION).text(
        "artist",
        artist,
        super::commands::MAX_TITLE,
    )
}

fn check_parts(upload: &Upload, multipart: &Multipart, stored: &[Part], parts: Option<&[(u32, String)]>) -> Result<()> {
    let count = multipart.part_count(upload.file_size);
    if parts.is_some_and(|parts| !parts.iter().map(|(number, _)| *number).eq(1..=count)) {
        return Err(invalid_parts(format!("must be parts 1 to {count}, each once and in order")));
    }
    let has_come = |number: u32| {
        let size = multipart.size_of(number, upload.file_size);
        stored.iter().any(|part| part.number == number && part.size == size)
    };
    let missing: Vec<String> =
        (1..=count).filter(|number| !has_come(*number)).take(10).map(|n| n.to_string()).collect();
    if missing.is_empty() { Ok(()) } else { Err(invalid_parts(format!("did not come: {}", missing.join(", ")))) }
}

fn invalid_parts(reason: String) -> Error {
    Error::Invalid(vec![Violation::new("parts", reason)])
}

fn completed() -> Error {
    Error::Conflict { code: "upload-completed", message: "The file has come already." }
}

fn over() -> Error {
    Error::Conflict { code: "upload-over", message: "This upload was aborted or has expired: begin a new one." }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_fill_the_file_and_stay_below_ten_thousand() {
        for size in [64 * MIB + 1, 100 * MIB, 20 * 1024 * MIB, 78_125 * MIB + 1, 5 * 1024 * 1024 * MIB] {
            let multipart = Multipart { s3_upload_id: String::new(), part_size: part_size(size) };
            let count = multipart.part_count(size);
            assert!(u64::from(count) <= MAX_PARTS && multipart.part_size >= 8 * MIB, "{size}: {count}");
            let sum: u64 = (1..=count).map(|number| multipart.size_of(number, size)).sum();
            assert_eq!(sum, size);
        }
    }
}
