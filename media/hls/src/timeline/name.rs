use std::fmt;

/// What a URI in a media playlist names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Name {
    /// An initialisation segment by number: `init-0.mp4`.
    Init(u64),
    /// A segment by media sequence number: `segment-17.m4s`.
    Segment(u64),
    /// A part by its segment and its place in that, from 0: `part-17.3.m4s`.
    Part(u64, u64),
}

impl Name {
    /// Reads the last piece of a path. Only what playlists say is understood: no other spelling of a number.
    pub fn parse(name: &str) -> Option<Self> {
        let parsed = if let Some(number) = name.strip_prefix("init-") {
            Self::Init(number.strip_suffix(".mp4")?.parse().ok()?)
        } else if let Some(number) = name.strip_prefix("segment-") {
            Self::Segment(number.strip_suffix(".m4s")?.parse().ok()?)
        } else {
            let (msn, part) = name.strip_prefix("part-")?.strip_suffix(".m4s")?.split_once('.')?;
            Self::Part(msn.parse().ok()?, part.parse().ok()?)
        };
        (parsed.to_string() == name).then_some(parsed)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Init(number) => write!(formatter, "init-{number}.mp4"),
            Self::Segment(msn) => write!(formatter, "segment-{msn}.m4s"),
            Self::Part(msn, part) => write!(formatter, "part-{msn}.{part}.m4s"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Name;

    #[test]
    fn names_are_read_as_they_are_written() {
        for name in [Name::Init(0), Name::Segment(17), Name::Part(u64::MAX, 3)] {
            assert_eq!(Name::parse(&name.to_string()), Some(name));
        }
    }

    #[test]
    fn other_spellings_name_nothing() {
        let others = [
            "",
            "init-.mp4",
            "init-00.mp4",
            "init-+1.mp4",
            "init--1.mp4",
            "segment-18446744073709551616.m4s",
            "segment-1.mp4",
            "segment-1.m4s/..",
            "part-1.m4s",
            "part-1.2.3.m4s",
            "part-1.02.m4s",
            "../init-0.mp4",
        ];
        for name in others {
            assert_eq!(Name::parse(name), None, "{name}");
        }
    }
}
