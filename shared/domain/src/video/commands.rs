//! Changing videos: edit, choose a poster, retry, delete.

use super::state::{self, Command, Edit};
use super::{Current, Source, Status, Video, Videos, names, transcoding};
use crate::check::Check;
use crate::error::{Error, PortError, PortErrorKind, Result};
use crate::idempotency::Once;
use crate::ids::{UserId, VideoId};
use crate::ports::Committed;

/// Characters of a title or an artist.
pub const MAX_TITLE: usize = 140;
/// Characters of a description.
pub const MAX_DESCRIPTION: usize = 2000;
/// How often a decision is made anew because something else changed the video meanwhile.
pub(super) const TRIES: usize = 4;

/// A video whose next attempt has begun.
#[derive(Debug)]
pub struct Retried {
    /// The video.
    pub current: Current,
    /// The trouble there was with ordering the job. It is ordered later: the video is PROCESSING all the same.
    pub trouble: Option<Error>,
    /// Whether it was begun by an earlier command of the same name.
    pub is_repeated: bool,
}

impl Videos {
    /// Changes the words of the caller's video.
    ///
    /// # Errors
    /// `Invalid`, `NotFound`, `Forbidden`, `Stale`.
    pub async fn edit(
        &self,
        caller: UserId,
        id: VideoId,
        expected_version: Option<u64>,
        edit: Edit,
    ) -> Result<Current> {
        let check = match &edit.title {
            Some(title) => Check::default().name("title", title, MAX_TITLE),
            None => Check::default(),
        };
        super::uploads::check_words(check, edit.description.as_deref(), edit.artist.as_deref()).done()?;
        self.owned(caller, id).await?;
        self.act(caller, id, expected_version, Command::Edit(edit)).await?;
        self.owned(caller, id).await
    }

    /// Makes thumbnail `number` the poster of the caller's video.
    ///
    /// # Errors
    /// `Invalid`, `NotFound`, `Forbidden`, `Stale`, `IllegalTransition` unless it is READY.
    pub async fn choose_poster(
        &self,
        caller: UserId,
        id: VideoId,
        expected_version: Option<u64>,
        number: usize,
    ) -> Result<Current> {
        let video = self.owned(caller, id).await?.video;
        let Some(media) = video.media.as_ref().filter(|_| video.status == Status::Ready) else {
            return Err(Error::IllegalTransition { state: video.status.name(), allowed: state::allowed(&video) });
        };
        let thumbnail = media.thumbnails.get(number);
        let reason = format!("must be 0 to {}", media.thumbnails.len().saturating_sub(1));
        Check::default().require("thumbnail", thumbnail.is_some(), reason).done()?;
        if expected_version.is_some_and(|expected| expected != video.version) {
            return Err(Error::Stale);
        }
        if let Some(thumbnail) = thumbnail {
            let poster = names::poster(caller, id);
            self.media.copy(&thumbnail.key, &poster, transcoding::POSTER_TYPE, transcoding::POSTER_CACHE).await?;
        }
        let edit = Edit { poster: Some(number), ..Edit::default() };
        self.act(caller, id, expected_version, Command::Edit(edit)).await?;
        self.owned(caller, id).await
    }

    /// Begins another attempt of the caller's FAILED video.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, `Stale`, `IllegalTransition`, `Conflict` when the source is gone, `KeyReused`.
    pub async fn retry(
        &self,
        caller: UserId,
        id: VideoId,
        expected_version: Option<u64>,
        once: Option<Once>,
    ) -> Result<Retried> {
        if !self.is_repeated(once.as_ref()).await? {
            match self.begin_attempt(caller, id, expected_version, once.clone()).await {
                Ok(Some(video)) => {
                    let trouble = self.submit(&video, false).await.err();
                    return Ok(Retried { current: self.owned(caller, id).await?, trouble, is_repeated: false });
                }
                Ok(None) => {}
                // Another request of this name may have been quicker.
                Err(error) if !self.is_repeated(once.as_ref()).await? => return Err(error),
                Err(_) => {}
            }
        }
        Ok(Retried { current: self.owned(caller, id).await?, trouble: None, is_repeated: true })
    }

    async fn is_repeated(&self, once: Option<&Once>) -> Result<bool> {
        match once {
            Some(once) => Ok(once.repeated(self.idempotency.as_ref(), self.clock.now()).await?.is_some()),
            None => Ok(false),
        }
    }

    /// `None` when an attempt was begun under this name before.
    async fn begin_attempt(
        &self,
        caller: UserId,
        id: VideoId,
        expected_version: Option<u64>,
        once: Option<Once>,
    ) -> Result<Option<Video>> {
        let before = self.owned(caller, id).await?.video;
        if expected_version.is_some_and(|expected| expected != before.version) {
            return Err(Error::Stale);
        }
        if state::decide(&before, Command::Retry)?.is_some()
            && let Some(uploaded) = before.uploaded()
            && self.uploads.size(&uploaded.key).await?.is_none()
        {
            let message = "The source file was deleted meanwhile: upload it again.";
            return Err(Error::Conflict { code: "source-gone", message });
        }
        self.act_once(caller, id, expected_version, Command::Retry, once).await
    }

    /// Deletes the caller's video and everything that was made of it. Repeating it goes on where it was cut off.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, `Stale`, `IllegalTransition` while it is PROCESSING.
    pub async fn delete(&self, caller: UserId, id: VideoId, expected_version: Option<u64>) -> Result<()> {
        let Some(current) = self.catalog.video_of(caller, id).await? else {
            return Err(self.not_owned(id).await?);
        };
        let before = current.video;
        if before.status != Status::Deleted {
            self.act(caller, id, expected_version, Command::Delete).await?;
        }
        self.purge(&before).await
    }

    /// Removes everything that was made of a deleted video. Until it is done the housekeeper comes back to it.
    pub(super) async fn purge(&self, video: &Video) -> Result<()> {
        let (user, id) = (video.user_id, video.id);
        // The master playlist first: without it nothing is found that is half gone.
        let mut keys = vec![names::master_playlist(user, id), names::transcoded_playlist(user, id)];
        let listed = self.media.list(&format!("{}/", names::media_base(user, id))).await?;
        keys.extend(listed.into_iter().map(|object| object.key));
        self.media.delete(&keys).await?;
        match &video.source {
            Source::Upload(uploaded) => {
                if let Some(upload) = self.catalog.upload(user, uploaded.upload_id).await? {
                    self.drop_transfer(&upload).await?;
                }
            }
            Source::Recording { prefixes, .. } => {
                for prefix in prefixes {
                    let listed = self.media.list(&format!("{prefix}/")).await?;
                    let keys: Vec<String> = listed.into_iter().map(|object| object.key).collect();
                    self.media.delete(&keys).await?;
                }
            }
        }
        Ok(self.catalog.note_purged(user, id).await?)
    }

    /// The caller's own video.
    pub(super) async fn owned(&self, caller: UserId, id: VideoId) -> Result<Current> {
        match self.catalog.video_of(caller, id).await? {
            Some(current) if current.video.status != Status::Deleted => Ok(current),
            Some(_) => Err(Error::NotFound { what: "video" }),
            None => Err(self.not_owned(id).await?),
        }
    }

    /// Why a video that is not the caller's cannot be changed: who may see it is told so.
    async fn not_owned(&self, id: VideoId) -> Result<Error> {
        let current = self.catalog.video(id).await?;
        let is_visible = current.is_some_and(|current| current.video.status == Status::Ready);
        Ok(if is_visible { Error::Forbidden } else { Error::NotFound { what: "video" } })
    }

    /// Reads, decides and saves, again when something else came between. `None` when there was nothing to decide.
    pub(super) async fn act(
        &self,
        user: UserId,
        id: VideoId,
        expected_version: Option<u64>,
        command: Command,
    ) -> Result<Option<Video>> {
        self.act_once(user, id, expected_version, command, None).await
    }

    /// The same, for a command that may have a name; one that was done before leaves nothing to decide.
    async fn act_once(
        &self,
        user: UserId,
        id: VideoId,
        expected_version: Option<u64>,
        command: Command,
        once: Option<Once>,
    ) -> Result<Option<Video>> {
        let mut conflict: Option<PortError> = None;
        for _ in 0..TRIES {
            let current = self.catalog.video_of(user, id).await?.ok_or(Error::NotFound { what: "video" })?;
            let video = current.video;
            if expected_version.is_some_and(|expected| expected != video.version) {
                return Err(Error::Stale);
            }
            let Some(event) = state::decide(&video, command.clone())? else { return Ok(None) };
            let now = self.clock.now();
            let change = video.change(&event, now)?;
            let next = change.next.clone();
            let done = once.as_ref().map(|once| once.done(id, now));
            match self.catalog.save(change, done).await {
                Ok(Committed::Done) => return Ok(Some(next)),
                Ok(Committed::Repeated) => return Ok(None),
                Err(error) if error.kind == PortErrorKind::Conflict => conflict = Some(error),
                Err(error) => return Err(error.into()),
            }
        }
        Err(conflict.map_or(Error::Stale, Error::from))
    }
}
