//! Where things stand in the buckets. Keys are made here and read here, and nowhere else.

use super::captions::Caption;
use crate::ids::{UploadId, UserId, VideoId};

/// Content types that are taken, with the extension of the source's key.
pub const CONTENT_TYPES: [(&str, &str); 12] = [
    ("video/mp4", "mp4"),
    ("video/quicktime", "mov"),
    ("video/x-m4v", "m4v"),
    ("video/x-matroska", "mkv"),
    ("video/webm", "webm"),
    ("video/x-msvideo", "avi"),
    ("video/mp2t", "ts"),
    ("video/mpeg", "mpg"),
    ("video/x-flv", "flv"),
    ("video/3gpp", "3gp"),
    ("video/ogg", "ogv"),
    ("application/mxf", "mxf"),
];

/// The key of a source in the upload bucket; `None` for a content type that is not taken.
pub fn source_key(user: UserId, upload: UploadId, content_type: &str) -> Option<String> {
    let (_, extension) = CONTENT_TYPES.iter().find(|(known, _)| *known == content_type)?;
    Some(format!("videos/{user}/{upload}/original.{extension}"))
}

/// Reads a source key. Only what [`source_key`] writes is one: nothing is decoded, trimmed or normalised.
pub fn parse_source_key(key: &str) -> Option<(UserId, UploadId)> {
    let parts: Vec<&str> = key.split('/').collect();
    let ["videos", user, upload, name] = parts.as_slice() else { return None };
    let (user, upload): (UserId, UploadId) = (user.parse().ok()?, upload.parse().ok()?);
    let extension = name.strip_prefix("original.")?;
    let content_type = CONTENT_TYPES.iter().find(|(_, known)| *known == extension)?.0;
    (source_key(user, upload, content_type)? == key).then_some((user, upload))
}

/// Everything of a video stands below this in the media bucket, and its top-level playlist beside it.
pub fn media_base(user: UserId, video: VideoId) -> String {
    format!("videos/{user}/{video}")
}

/// The published playlist.
pub fn master_playlist(user: UserId, video: VideoId) -> String {
    format!("{}/master.m3u8", media_base(user, video))
}

/// What was said while a video was live.
pub fn chat(user: UserId, video: VideoId) -> String {
    format!("{}/chat.ndjson", media_base(user, video))
}

/// A text of its captions.
pub fn caption(user: UserId, video: VideoId, caption: &Caption) -> String {
    format!("{}/captions/{}-{}.vtt", media_base(user, video), caption.lang, caption.revision)
}

/// The playlist that the transcoder writes; its names are relative to the folder above the video's.
pub fn transcoded_playlist(user: UserId, video: VideoId) -> String {
    format!("{}.m3u8", media_base(user, video))
}

/// The playlist of a rendition.
pub fn rendition_playlist(user: UserId, video: VideoId, label: &str) -> String {
    format!("{}/{label}/playlist.m3u8", media_base(user, video))
}

/// The base of the thumbnails' names; the transcoder adds `.%07d.jpg`.
pub fn thumbnail_base(user: UserId, video: VideoId) -> String {
    format!("{}/thumbnails/thumb", media_base(user, video))
}

/// The picture that stands for a video.
pub fn poster(user: UserId, video: VideoId) -> String {
    format!("{}/thumbnails/poster.jpg", media_base(user, video))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::new_id;

    #[test]
    fn only_keys_that_were_made_here_are_read() {
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let (user, upload): (UserId, UploadId) = (new_id(now), new_id(now));
        for (content_type, _) in CONTENT_TYPES {
            let key = source_key(user, upload, content_type).unwrap();
            assert_eq!(parse_source_key(&key), Some((user, upload)));
        }
        let good = source_key(user, upload, "video/mp4").unwrap();
        for bad in [
            format!("/{good}"),
            format!("{good}/"),
            format!("{good}\0"),
            good.replace("/original", "//original"),
            good.replace("original", "..%2foriginal"),
            good.replace("videos/", "videos/../videos/"),
            good.replace("mp4", "exe"),
            good.to_uppercase(),
            good.replace("usr_", "upl_"),
            good.replace('/', "%2F"),
            "videos/a/b/original.mp4".to_owned(),
            "x".repeat(1025),
            String::new(),
        ] {
            assert_eq!(parse_source_key(&bad), None, "{bad}");
        }
        assert_eq!(source_key(user, upload, "text/html"), None);
    }
}
