//! What a link to a video or a stream tells: search engines, and programs that show links as cards, read it without an
//! account.

use std::sync::Arc;

use jiff::Timestamp;

use crate::account::User;
use crate::error::{Error, Result};
use crate::ids::{StreamId, UserId, VideoId};
use crate::ports::{Accounts, Streams, VideoCatalog};
use crate::stream::{self, State, Stream};
use crate::video::{self, Video, names};

/// What a link is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A video.
    Video(VideoId),
    /// A stream.
    Stream(StreamId),
}

impl Subject {
    /// The subject with this id, whose prefix says its kind; `None` for text that is no id of either.
    pub fn of_id(text: &str) -> Option<Self> {
        text.parse().map(Self::Video).or_else(|_| text.parse().map(Self::Stream)).ok()
    }
}

/// What a link tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// What it is about.
    pub subject: Subject,
    /// 1-140 characters that somebody chose.
    pub title: String,
    /// At most 2,000 characters that somebody chose.
    pub description: Option<String>,
    /// Whose it is; `None` when that account is gone.
    pub author: Option<Author>,
    /// Whether everybody may find it; else only whoever has the link.
    pub is_listed: bool,
    /// The picture that stands for it.
    pub picture: Option<Picture>,
    /// Width and height of its largest rendition, in pixels, once they are known.
    pub frame: Option<(u32, u32)>,
    /// Milliseconds, of a video.
    pub duration_ms: Option<u64>,
    /// When a video was made; when a stream began or begins, or else was made.
    pub published_at: Timestamp,
    /// When it takes place, of a stream.
    pub broadcast: Option<Broadcast>,
}

/// Whose something is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The username.
    pub username: String,
    /// The name to show.
    pub name: String,
}

/// A picture in the media bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Its key.
    pub key: String,
    /// Width and height in pixels, where they are known.
    pub size: Option<(u32, u32)>,
}

/// When a stream takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broadcast {
    /// When its first picture came, or else the time it is announced for.
    pub starts_at: Option<Timestamp>,
    /// When it ended.
    pub ends_at: Option<Timestamp>,
}

/// Reads previews.
#[derive(Clone)]
pub struct Previews {
    videos: Arc<dyn VideoCatalog>,
    streams: Arc<dyn Streams>,
    accounts: Arc<dyn Accounts>,
}

impl Previews {
    /// Of what is in one table.
    pub fn new<T: VideoCatalog + Streams + Accounts + 'static>(table: Arc<T>) -> Self {
        Self { videos: table.clone(), streams: table.clone(), accounts: table }
    }

    /// The preview of what everybody with the link may see.
    ///
    /// # Errors
    /// `NotFound`, in the same way for what does not exist and for what not everybody may see.
    pub async fn of(&self, subject: Subject) -> Result<Preview> {
        match subject {
            Subject::Video(id) => {
                let found = self.videos.video(id).await?.map(|current| current.video);
                let video = found.filter(|video| video.is_shown_to(None)).ok_or(Error::NotFound { what: "video" })?;
                let author = self.author(video.user_id).await?;
                Ok(Preview::of_video(video, author))
            }
            Subject::Stream(id) => {
                let found = self.streams.stream(id).await?;
                let stream = found.filter(|one| one.is_shown_to(None)).ok_or(Error::NotFound { what: "stream" })?;
                let author = self.author(stream.user_id).await?;
                let recording = self.recording(&stream).await?;
                Ok(Preview::of_stream(stream, recording, author))
            }
        }
    }

    async fn author(&self, id: UserId) -> Result<Option<Author>> {
        let user: Option<User> = self.accounts.by_id(id).await?;
        Ok(user.map(|User { username, display_name, .. }| Author {
            name: display_name.unwrap_or_else(|| username.clone()),
            username,
        }))
    }

    /// Where the recording of a stream grows that everybody may watch.
    async fn recording(&self, stream: &Stream) -> Result<Option<String>> {
        match &stream.latest {
            Some(latest) if stream.state == State::Running && !stream.needs_token() => {
                let session = self.streams.session(stream.channel_id, &latest.ingest_id).await?;
                Ok(session.and_then(|session| session.recording).map(|recording| recording.prefix))
            }
            _ => Ok(None),
        }
    }
}

impl Preview {
    fn of_video(video: Video, author: Option<Author>) -> Self {
        let media = video.media.as_ref();
        let poster = media.and_then(|media| media.thumbnails.get(media.poster));
        Self {
            subject: Subject::Video(video.id),
            is_listed: video.visibility == video::Visibility::Public,
            picture: poster.map(|thumbnail| Picture {
                key: names::poster(video.user_id, video.id),
                size: Some((thumbnail.width, thumbnail.height)),
            }),
            frame: media.map(|media| (media.width, media.height)),
            duration_ms: media.map(|media| media.duration_ms),
            published_at: video.created_at,
            broadcast: None,
            title: video.title,
            description: video.description,
            author,
        }
    }

    fn of_stream(stream: Stream, recording: Option<String>, author: Option<Author>) -> Self {
        // IVS names the picture of a recording that grows. What needs a token shows no picture without one.
        let archived = stream.video_id.filter(|_| !stream.needs_token()).map(|id| names::poster(stream.user_id, id));
        let key = archived.or_else(|| recording.map(|prefix| format!("{prefix}/media/latest_thumbnail/thumb.jpg")));
        let starts_at = stream.started_at.or(stream.scheduled_at);
        Self {
            subject: Subject::Stream(stream.id),
            is_listed: stream.visibility == stream::Visibility::Public,
            picture: key.map(|key| Picture { key, size: None }),
            frame: None,
            duration_ms: None,
            published_at: starts_at.unwrap_or(stream.created_at),
            broadcast: Some(Broadcast { starts_at, ends_at: stream.ended_at.or(stream.stopped_at) }),
            title: stream.title,
            description: stream.description,
            author,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::new_id;

    #[test]
    fn the_prefix_of_an_id_says_what_it_is_about() {
        let (video, stream): (VideoId, StreamId) = (new_id(Timestamp::UNIX_EPOCH), new_id(Timestamp::UNIX_EPOCH));
        assert_eq!(Subject::of_id(&video.to_string()), Some(Subject::Video(video)));
        assert_eq!(Subject::of_id(&stream.to_string()), Some(Subject::Stream(stream)));
        let user: UserId = new_id(Timestamp::UNIX_EPOCH);
        for text in ["", "vid_", "vid_x", "../etc", &user.to_string(), &format!("{video}/"), &format!("{video} ")] {
            assert_eq!(Subject::of_id(text), None, "{text}");
        }
    }
}
