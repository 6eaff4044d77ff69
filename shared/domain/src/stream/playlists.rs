//! HLS playlists as text (RFC 8216): reading a multivariant playlist, and joining media playlists of several recordings
//! into one. Nothing is known of the media.

/// One variant of a multivariant playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// The attributes of its `EXT-X-STREAM-INF`.
    pub attributes: String,
    /// Where its playlist is, relative to this one.
    pub uri: String,
}

/// A rendition that every recording has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Common {
    /// The attributes of the first recording's variant.
    pub attributes: String,
    /// Where each recording has it, relative to its multivariant playlist.
    pub uris: Vec<String>,
}

/// The variants of a multivariant playlist, in its order.
pub fn variants(text: &str) -> Vec<Variant> {
    let mut found = Vec::new();
    let mut attributes: Option<&str> = None;
    for line in text.lines().map(str::trim) {
        if let Some(of_next) = line.strip_prefix("#EXT-X-STREAM-INF:") {
            attributes = Some(of_next);
        } else if !line.is_empty()
            && !line.starts_with('#')
            && let Some(attributes) = attributes.take()
        {
            found.push(Variant { attributes: attributes.to_owned(), uri: line.to_owned() });
        }
    }
    found
}

/// The renditions that all have, told by their resolution.
pub fn common(all: &[Vec<Variant>]) -> Vec<Common> {
    let Some((first, others)) = all.split_first() else { return Vec::new() };
    let like = |variant: &Variant| {
        let resolution = attribute(&variant.attributes, "RESOLUTION");
        let mut uris = vec![variant.uri.clone()];
        for other in others {
            let same = other.iter().find(|one| attribute(&one.attributes, "RESOLUTION") == resolution)?;
            uris.push(same.uri.clone());
        }
        Some(Common { attributes: variant.attributes.clone(), uris })
    };
    first.iter().filter_map(like).collect()
}

/// The value of an attribute that is not quoted.
fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    attributes.split(',').find_map(|one| one.trim().strip_prefix(name)?.strip_prefix('='))
}

/// The multivariant playlist of joined renditions; the n-th is at `n/playlist.m3u8`.
pub fn multivariant(renditions: &[Common]) -> String {
    let mut text = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n".to_owned();
    for (number, rendition) in renditions.iter().enumerate() {
        text.push_str(&format!("#EXT-X-STREAM-INF:{}\n{number}/playlist.m3u8\n", rendition.attributes));
    }
    text
}

/// Media playlists, each with its key, joined into one at `key`. Between two of them is a discontinuity.
pub fn join(key: &str, parts: &[(String, String)]) -> String {
    let number = |text: &str, tag: &str| {
        text.lines().find_map(|line| line.trim().strip_prefix(tag)?.parse::<u64>().ok()).unwrap_or_default()
    };
    let most = |tag: &str| parts.iter().map(|(_, text)| number(text, tag)).max().unwrap_or_default();
    let mut joined = format!(
        "#EXTM3U\n#EXT-X-VERSION:{}\n#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n",
        most("#EXT-X-VERSION:").max(6),
        most("#EXT-X-TARGETDURATION:"),
    );
    for (number, (at, text)) in parts.iter().enumerate() {
        if number > 0 {
            joined.push_str("#EXT-X-DISCONTINUITY\n");
        }
        for line in text.lines().map(str::trim).filter(|line| belongs_to_segments(line)) {
            joined.push_str(&moved(line, at, key));
            joined.push('\n');
        }
    }
    joined.push_str("#EXT-X-ENDLIST\n");
    joined
}

/// Whether a line tells of segments, not of the playlist as a whole.
fn belongs_to_segments(line: &str) -> bool {
    const OF_SEGMENTS: [&str; 7] = [
        "#EXTINF:",
        "#EXT-X-BYTERANGE:",
        "#EXT-X-DISCONTINUITY",
        "#EXT-X-MAP:",
        "#EXT-X-PROGRAM-DATE-TIME:",
        "#EXT-X-GAP",
        "#EXT-X-BITRATE:",
    ];
    let is_uri = !line.starts_with('#');
    let is_sequence = line.starts_with("#EXT-X-DISCONTINUITY-SEQUENCE");
    !line.is_empty() && (is_uri || OF_SEGMENTS.iter().any(|tag| line.starts_with(tag))) && !is_sequence
}

/// A line of the playlist at `from` as it must stand in the one at `to`.
fn moved(line: &str, from: &str, to: &str) -> String {
    if !line.starts_with('#') {
        return relative(&resolve(from, line), to);
    }
    let Some((before, rest)) = line.split_once("URI=\"") else { return line.to_owned() };
    let Some((uri, after)) = rest.split_once('"') else { return line.to_owned() };
    format!("{before}URI=\"{}\"{after}", relative(&resolve(from, uri), to))
}

/// The key that a relative `uri` names in a playlist at `base`.
pub fn resolve(base: &str, uri: &str) -> String {
    let mut path: Vec<&str> = base.split('/').collect();
    path.pop();
    for part in uri.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                path.pop();
            }
            part => path.push(part),
        }
    }
    path.join("/")
}

/// How a playlist at `from` names `key`.
fn relative(key: &str, from: &str) -> String {
    let up = from.matches('/').count();
    format!("{}{key}", "../".repeat(up))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:EVENT\n\
        #EXT-X-MAP:URI=\"init-0.mp4\"\n#EXT-X-PROGRAM-DATE-TIME:2026-11-20T10:00:00Z\n#EXTINF:2.000,\nsegment-0.m4s\n#EXT-X-ENDLIST\n";
    const SECOND: &str = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:4\n#EXT-X-DISCONTINUITY-SEQUENCE:1\n\
        #EXT-X-MAP:URI=\"init-1.mp4\"\n#EXTINF:3.500,\nsegment-9.m4s\n#EXT-X-ENDLIST\n";

    #[test]
    fn two_playlists_become_one_with_a_discontinuity() {
        let parts = [("ivs/a/hls/720p/p.m3u8".to_owned(), FIRST.to_owned()), ("ivs/b/p.m3u8".into(), SECOND.into())];
        let joined = join("videos/u/v/0/playlist.m3u8", &parts);
        let expected = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n\
            #EXT-X-MAP:URI=\"../../../../ivs/a/hls/720p/init-0.mp4\"\n#EXT-X-PROGRAM-DATE-TIME:2026-11-20T10:00:00Z\n\
            #EXTINF:2.000,\n../../../../ivs/a/hls/720p/segment-0.m4s\n#EXT-X-DISCONTINUITY\n\
            #EXT-X-MAP:URI=\"../../../../ivs/b/init-1.mp4\"\n#EXTINF:3.500,\n../../../../ivs/b/segment-9.m4s\n#EXT-X-ENDLIST\n";
        assert_eq!(joined, expected);
    }

    #[test]
    fn renditions_that_all_have_are_told_by_resolution() {
        let master = |sizes: &[&str]| {
            let lines =
                sizes.iter().map(|size| format!("#EXT-X-STREAM-INF:BANDWIDTH=1,RESOLUTION={size}\n{size}/p.m3u8\n"));
            variants(&format!("#EXTM3U\n{}", lines.collect::<String>()))
        };
        let joined = common(&[master(&["1920x1080", "640x360"]), master(&["640x360"])]);
        let [only] = joined.as_slice() else { panic!("{joined:?}") };
        assert_eq!(only.uris, ["640x360/p.m3u8", "640x360/p.m3u8"]);
        assert!(common(&[master(&["1920x1080"]), master(&["640x360"])]).is_empty());
        assert!(common(&[]).is_empty());
    }

    #[test]
    fn relative_names_are_resolved() {
        assert_eq!(resolve("a/b/c.m3u8", "../d/./e.m4s"), "a/d/e.m4s");
        assert_eq!(resolve("a/b/c.m3u8", "../../../../e.m4s"), "e.m4s");
    }
}
