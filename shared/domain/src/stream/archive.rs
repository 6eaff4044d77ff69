//! Recordings become a video. IVS records each ingest session by itself; a video of several of them is a set of playlists
//! that join theirs, without touching the media. There is one video for each stream: its id follows from the stream's.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::playlists::{self, Variant};
use super::session::{Recording, Session};
use super::{Live, RECORDING_PATIENCE, Stream};
use crate::chat::replay::{self, Take};
use crate::error::{Error, PortErrorKind, Result};
use crate::ids::VideoId;
use crate::outbox::{Change, DomainEvent};
use crate::ports::NewObject;
use crate::video::state::Event;
use crate::video::{self, Media, Source, Status, Thumbnail, Video, names, transcoding};

/// Bytes of the largest playlist or report that is read: twelve hours of two-second segments are half a MiB.
const MAX_TEXT: u64 = 8 * 1024 * 1024;
/// Pictures that a video shows.
const MAX_THUMBNAILS: usize = 10;
/// How far apart IVS takes them: `TargetIntervalSeconds` of the template.
pub const THUMBNAIL_INTERVAL_MS: u64 = 10_000;
/// How long a session has, once its stream is over, whose recording nobody has told of.
const NEWS_PATIENCE: SignedDuration = SignedDuration::from_secs(90);
const PLAYLIST_TYPE: &str = "application/vnd.apple.mpegurl";
const PLAYLIST_CACHE: &str = "public, max-age=60";

/// What became of the recordings of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Archived {
    /// A video, which plays.
    Video(VideoId),
    /// Nothing yet: one of them is still being written.
    NotYet,
    /// Nothing, and waiting will not help.
    Never(String),
}

/// What `events/recording-ended.json` says.
#[derive(Debug, Deserialize)]
struct Ended {
    media: EndedMedia,
}

#[derive(Debug, Deserialize)]
struct EndedMedia {
    hls: EndedHls,
    #[serde(default)]
    thumbnails: Option<EndedThumbnails>,
}

#[derive(Debug, Deserialize)]
struct EndedHls {
    duration_ms: u64,
    path: String,
    playlist: String,
    #[serde(default)]
    renditions: Vec<EndedRendition>,
}

#[derive(Debug, Deserialize)]
struct EndedRendition {
    resolution_width: u32,
    resolution_height: u32,
}

#[derive(Debug, Default, Deserialize)]
struct EndedThumbnails {
    path: String,
    #[serde(default)]
    resolution_width: u32,
    #[serde(default)]
    resolution_height: u32,
}

/// One recording that is complete.
struct Piece {
    began_at: Option<Timestamp>,
    prefix: String,
    master: String,
    hls: EndedHls,
    thumbnails: Option<EndedThumbnails>,
}

impl Live {
    /// The recorded sessions of a stream, in the order of their beginning.
    pub(super) async fn recordings(&self, stream: &Stream) -> Result<Vec<Session>> {
        let mut recorded = Vec::new();
        for id in &stream.sessions {
            let session = self.streams.session(stream.channel_id, id).await?;
            recorded.extend(session.filter(|session| session.recording.is_some()));
        }
        recorded.sort_by_key(|session| session.started_at);
        Ok(recorded)
    }

    /// Makes the video of a stream's recordings. Doing it again makes the same.
    pub(super) async fn make_video(&self, stream: &Stream, now: Timestamp) -> Result<Archived> {
        let id = video_of(stream);
        if let Some(current) = self.videos.video_of(stream.user_id, id).await? {
            return Ok(match current.video.status {
                Status::Deleted => Archived::Never("The video of this stream was deleted.".into()),
                _ => Archived::Video(id),
            });
        }
        let recordings: Vec<(Option<Timestamp>, Recording)> = self
            .recordings(stream)
            .await?
            .into_iter()
            .filter_map(|session| Some((session.started_at, session.recording?)))
            .collect();
        let over = now.duration_since(stream.stopped_at.unwrap_or(stream.updated_at));
        let is_written = over < RECORDING_PATIENCE && recordings.iter().any(|(_, recording)| !recording.is_over);
        let is_unheard_of = over < NEWS_PATIENCE && recordings.len() < stream.sessions.len();
        if is_written || is_unheard_of && stream.settings.recording_enabled {
            return Ok(Archived::NotYet);
        }
        let mut pieces = Vec::new();
        for (began_at, recording) in recordings {
            pieces.extend(self.piece(began_at, recording).await?);
        }
        if pieces.is_empty() {
            return Ok(Archived::Never("None of the recordings was finished.".into()));
        }
        let (playlist, pieces) = match pieces.as_slice() {
            [only] => (only.master.clone(), pieces),
            _ => self.join(stream, id, pieces).await?,
        };
        let mut media = self.media_of(stream, id, playlist, &pieces).await?;
        media.chat = self.export_chat(stream, id, &pieces, now).await?;
        let prefixes = pieces.into_iter().map(|piece| piece.prefix).collect();
        self.publish(stream, id, media, prefixes, now).await?;
        Ok(Archived::Video(id))
    }

    /// A recording as its report tells of it; `None` when there is no report, for then it was not finished.
    async fn piece(&self, began_at: Option<Timestamp>, recording: Recording) -> Result<Option<Piece>> {
        let prefix = recording.prefix;
        let key = format!("{prefix}/events/recording-ended.json");
        let Some(report) = self.media.read(&key, 0, MAX_TEXT).await? else { return Ok(None) };
        let ended: Ended = serde_json::from_slice(&report).map_err(|error| Error::Internal(Box::new(error)))?;
        let EndedMedia { hls, thumbnails } = ended.media;
        let master = format!("{prefix}/{}/{}", hls.path, hls.playlist);
        let is_there = self.media.size(&master).await?.is_some();
        Ok(is_there.then_some(Piece { began_at, prefix, master, hls, thumbnails }))
    }

    /// Writes playlists that join those of the pieces, and answers the multivariant one with the pieces in it.
    async fn join(&self, stream: &Stream, id: VideoId, pieces: Vec<Piece>) -> Result<(String, Vec<Piece>)> {
        let mut all: Vec<Vec<Variant>> = Vec::new();
        for piece in &pieces {
            let text = self.text(&piece.master).await?;
            all.push(playlists::variants(&text));
        }
        let common = playlists::common(&all);
        if common.is_empty() {
            // Pieces that have nothing in common cannot be one video: the longest is.
            let longest = pieces.into_iter().max_by_key(|piece| piece.hls.duration_ms);
            let piece = longest.ok_or(Error::NotFound { what: "recording" })?;
            return Ok((piece.master.clone(), vec![piece]));
        }
        let base = names::media_base(stream.user_id, id);
        for (number, rendition) in common.iter().enumerate() {
            let mut parts = Vec::new();
            for (piece, uri) in pieces.iter().zip(&rendition.uris) {
                let key = playlists::resolve(&piece.master, uri);
                let text = self.text(&key).await?;
                parts.push((key, text));
            }
            let key = format!("{base}/{number}/playlist.m3u8");
            let body = playlists::join(&key, &parts);
            self.write(key, body).await?;
        }
        // The multivariant playlist last: nobody finds what is not complete.
        let master = names::master_playlist(stream.user_id, id);
        self.write(master.clone(), playlists::multivariant(&common)).await?;
        Ok((master, pieces))
    }

    async fn text(&self, key: &str) -> Result<String> {
        let bytes = self.media.read(key, 0, MAX_TEXT).await?.ok_or(Error::NotFound { what: "playlist" })?;
        String::from_utf8(bytes).map_err(|error| Error::Internal(Box::new(error)))
    }

    async fn write(&self, key: String, body: String) -> Result<()> {
        let object = NewObject {
            key,
            body: body.into_bytes(),
            content_type: PLAYLIST_TYPE,
            content_encoding: None,
            cache_control: PLAYLIST_CACHE,
        };
        Ok(self.media.put(object).await?)
    }

    async fn media_of(&self, stream: &Stream, id: VideoId, playlist: String, pieces: &[Piece]) -> Result<Media> {
        let mut thumbnails = Vec::new();
        let mut begin_ms = 0;
        for piece in pieces {
            if let Some(EndedThumbnails { path, resolution_width, resolution_height }) = &piece.thumbnails {
                let listed = self.media.list(&format!("{}/{path}/", piece.prefix)).await?;
                let numbered = listed.into_iter().filter_map(|object| Some((number_of(&object.key)?, object.key)));
                thumbnails.extend(numbered.map(|(number, key)| Thumbnail {
                    key,
                    at_ms: begin_ms + (number * THUMBNAIL_INTERVAL_MS).min(piece.hls.duration_ms),
                    width: *resolution_width,
                    height: *resolution_height,
                }));
            }
            begin_ms += piece.hls.duration_ms;
        }
        thumbnails.sort_by_key(|thumbnail| thumbnail.at_ms);
        let thumbnails = spread(thumbnails);
        let poster = thumbnails.len() / 2;
        if let Some(thumbnail) = thumbnails.get(poster) {
            let key = names::poster(stream.user_id, id);
            self.media.copy(&thumbnail.key, &key, transcoding::POSTER_TYPE, transcoding::POSTER_CACHE).await?;
        }
        let sizes = pieces.iter().flat_map(|piece| &piece.hls.renditions);
        let largest = sizes.map(|one| (one.resolution_height, one.resolution_width)).max().unwrap_or_default();
        let mut renditions: Vec<u32> =
            pieces.iter().flat_map(|piece| &piece.hls.renditions).map(|one| one.resolution_height).collect();
        renditions.sort_unstable_by(|a, b| b.cmp(a));
        renditions.dedup();
        Ok(Media {
            playlist: Some(playlist),
            chat: None,
            duration_ms: begin_ms,
            width: largest.1,
            height: largest.0,
            renditions: renditions.into_iter().map(|height| format!("{height}p")).collect(),
            thumbnails,
            poster,
        })
    }

    /// Writes what was said beside the video, and answers where.
    async fn export_chat(
        &self,
        stream: &Stream,
        id: VideoId,
        pieces: &[Piece],
        now: Timestamp,
    ) -> Result<Option<String>> {
        let take = |piece: &Piece| Some(Take { began_at: piece.began_at?, duration_ms: piece.hls.duration_ms });
        let takes: Vec<Take> = pieces.iter().filter_map(take).collect();
        let key = names::chat(stream.user_id, id);
        let export = replay::export(self.messages.as_ref(), stream.id, &takes, key.clone(), now).await?;
        let Some(export) = export else { return Ok(None) };
        self.media.put(export).await?;
        Ok(Some(key))
    }

    async fn publish(
        &self,
        stream: &Stream,
        id: VideoId,
        media: Media,
        prefixes: Vec<String>,
        now: Timestamp,
    ) -> Result<()> {
        let video = Video {
            id,
            user_id: stream.user_id,
            username: stream.username.clone(),
            title: stream.title.clone(),
            description: stream.description.clone(),
            artist: None,
            // Videos know neither tokens nor countries: whoever was let in to the stream is given the link.
            visibility: match stream.needs_token() {
                false => video::Visibility::Public,
                true => video::Visibility::Unlisted,
            },
            status: Status::Ready,
            source: Source::Recording { stream_id: stream.id, prefixes },
            attempt: 0,
            attempt_at: None,
            input: None,
            media: Some(media),
            captions: Vec::new(),
            failure: None,
            created_at: now,
            updated_at: now,
            version: 1,
        };
        let event = DomainEvent::record(&Event::VideoCreated(Box::new(video.clone())), now)?;
        match self.videos.adopt(Change { next: video, event }).await {
            // Somebody else has just made the same.
            Err(error) if error.kind == PortErrorKind::Conflict => Ok(()),
            adopted => Ok(adopted?),
        }
    }
}

/// The id of the video that a stream becomes.
pub fn video_of(stream: &Stream) -> VideoId {
    VideoId::from_uuid(stream.id.uuid())
}

/// `.../thumb12.jpg` -> 12.
fn number_of(key: &str) -> Option<u64> {
    let name = key.rsplit('/').next()?.strip_suffix(".jpg")?;
    name.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().ok()
}

/// At most [`MAX_THUMBNAILS`] of them, evenly spread.
fn spread(all: Vec<Thumbnail>) -> Vec<Thumbnail> {
    let count = all.len();
    if count <= MAX_THUMBNAILS {
        return all;
    }
    let chosen: Vec<usize> = (0..MAX_THUMBNAILS).map(|n| n * (count - 1) / (MAX_THUMBNAILS - 1)).collect();
    all.into_iter().enumerate().filter(|(n, _)| chosen.contains(n)).map(|(_, one)| one).collect()
}
