//! The state machine of a video: [`decide`] says which event a command leads to, [`Video::apply`] what the event changes.
//! A video is the fold of its events.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::captions::{Caption, MAX_LANGUAGES};
use super::source::Input;
use super::{FailureCode, Media, Status, Video, Visibility};
use crate::error::{Error, Result};
use crate::outbox::{Change, DomainEvent};

/// What is asked of a video.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// The source is there and good: begin the first attempt.
    Accept(Input),
    /// The source is no good.
    Refuse(FailureCode),
    /// The source did not come, or its transfer was aborted.
    GiveUp,
    /// An attempt has made what was asked.
    Complete {
        /// The attempt.
        attempt: u32,
        /// What plays.
        media: Media,
    },
    /// An attempt has failed.
    Fail {
        /// The attempt.
        attempt: u32,
        /// Why.
        code: FailureCode,
    },
    /// Begin another attempt.
    Retry,
    /// Change the words.
    Edit(Edit),
    /// Set the captions of a language.
    Caption(Caption),
    /// Remove the captions of a language.
    RemoveCaption {
        /// Which.
        lang: String,
    },
    /// Delete it.
    Delete,
}

/// Changes of a video's words; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Edit {
    /// 1-140 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// At most 2,000 characters; an empty text removes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// At most 140 characters; an empty text removes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artist: Option<String>,
    /// Who finds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    /// Which thumbnail is the poster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poster: Option<usize>,
}

/// What has happened to a video.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", content = "data")]
pub enum Event {
    /// It was announced; the first event of each video.
    VideoCreated(Box<Video>),
    /// The source was accepted.
    VideoAccepted {
        /// The facts of the source.
        input: Input,
    },
    /// Another attempt began.
    VideoRetried {
        /// Its number.
        attempt: u32,
    },
    /// It plays.
    VideoPublished {
        /// What plays.
        media: Media,
    },
    /// It ended with an error.
    VideoFailed {
        /// Why.
        code: FailureCode,
    },
    /// Its words were changed.
    VideoEdited(Edit),
    /// The captions of a language were set.
    VideoCaptioned(Caption),
    /// The captions of a language were removed.
    VideoCaptionRemoved {
        /// Which.
        lang: String,
    },
    /// It was deleted.
    VideoDeleted {},
}

/// The event a command leads to, or `None` where it has nothing to say to a video in this state: a repetition, or the
/// echo of an attempt that is over.
///
/// # Errors
/// `IllegalTransition`.
pub fn decide(video: &Video, command: Command) -> Result<Option<Event>> {
    use Command as C;
    use Status as S;
    let event = match (video.status, command) {
        (S::Uploading, C::Accept(input)) => Event::VideoAccepted { input },
        (S::Uploading, C::Refuse(code)) => Event::VideoFailed { code },
        (S::Uploading, C::GiveUp) => Event::VideoFailed { code: FailureCode::UploadExpired },
        // The object came once more: events are delivered at least once.
        (S::Processing | S::Ready | S::Failed | S::Deleted, C::Accept(_) | C::Refuse(_) | C::GiveUp) => {
            return Ok(None);
        }

        (S::Processing, C::Complete { attempt, media }) if attempt == video.attempt => Event::VideoPublished { media },
        (S::Processing, C::Fail { attempt, code }) if attempt == video.attempt => Event::VideoFailed { code },
        (_, C::Complete { .. } | C::Fail { .. }) => return Ok(None),

        (S::Failed, C::Retry) if video.failure.is_some_and(FailureCode::is_retryable) && video.input.is_some() => {
            Event::VideoRetried { attempt: video.attempt + 1 }
        }
        (S::Uploading | S::Processing | S::Ready | S::Failed, C::Edit(edit)) => Event::VideoEdited(edit),
        (S::Ready, C::Caption(caption)) => {
            let others = video.captions.iter().filter(|other| other.lang != caption.lang).count();
            if others >= MAX_LANGUAGES {
                let message = "A video has captions in at most 20 languages: remove others first.";
                return Err(Error::Conflict { code: "too-many-captions", message });
            }
            Event::VideoCaptioned(caption)
        }
        (S::Ready, C::RemoveCaption { lang }) if video.captions.iter().any(|caption| caption.lang == lang) => {
            Event::VideoCaptionRemoved { lang }
        }
        (S::Ready, C::RemoveCaption { .. }) => return Ok(None),
        (S::Uploading | S::Ready | S::Failed, C::Delete) => Event::VideoDeleted {},
        (S::Deleted, C::Delete) => return Ok(None),
        (
            state @ (S::Uploading | S::Processing | S::Ready | S::Failed | S::Deleted),
            C::Retry | C::Edit(_) | C::Caption(_) | C::RemoveCaption { .. } | C::Delete,
        ) => {
            return Err(Error::IllegalTransition { state: state.name(), allowed: allowed(video) });
        }
    };
    Ok(Some(event))
}

/// What an owner may ask of a video now.
pub fn allowed(video: &Video) -> Vec<&'static str> {
    match video.status {
        Status::Uploading => vec!["edit", "delete"],
        Status::Ready => vec!["edit", "caption", "delete"],
        Status::Processing => vec!["edit"],
        Status::Failed if video.failure.is_some_and(FailureCode::is_retryable) && video.input.is_some() => {
            vec!["edit", "retry", "delete"]
        }
        Status::Failed => vec!["edit", "delete"],
        Status::Deleted => Vec::new(),
    }
}

impl Status {
    /// As it is written everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Self::Uploading => "UPLOADING",
            Self::Processing => "PROCESSING",
            Self::Ready => "READY",
            Self::Failed => "FAILED",
            Self::Deleted => "DELETED",
        }
    }
}

impl Video {
    /// The video after an event.
    fn apply(mut self, event: &Event, at: Timestamp) -> Self {
        match event.clone() {
            Event::VideoCreated(video) => return *video,
            Event::VideoAccepted { input } => {
                self.input = Some(input);
                self.status = Status::Processing;
                self.attempt = 1;
                self.attempt_at = Some(at);
            }
            Event::VideoRetried { attempt } => {
                self.status = Status::Processing;
                self.attempt = attempt;
                self.attempt_at = Some(at);
                self.failure = None;
            }
            Event::VideoPublished { media } => {
                self.status = Status::Ready;
                self.media = Some(media);
            }
            Event::VideoFailed { code } => {
                self.status = Status::Failed;
                self.failure = Some(code);
            }
            Event::VideoEdited(edit) => {
                let set = |field: &mut Option<String>, value: Option<String>| {
                    if let Some(value) = value {
                        *field = Some(value).filter(|value| !value.is_empty());
                    }
                };
                self.title = edit.title.unwrap_or(self.title);
                set(&mut self.description, edit.description);
                set(&mut self.artist, edit.artist);
                self.visibility = edit.visibility.unwrap_or(self.visibility);
                if let (Some(media), Some(poster)) = (&mut self.media, edit.poster) {
                    media.poster = poster;
                }
            }
            Event::VideoCaptioned(caption) => {
                self.captions.retain(|other| other.lang != caption.lang);
                self.captions.push(caption);
                self.captions.sort_by(|a, b| a.lang.cmp(&b.lang));
            }
            Event::VideoCaptionRemoved { lang } => self.captions.retain(|caption| caption.lang != lang),
            Event::VideoDeleted {} => self.status = Status::Deleted,
        }
        self.updated_at = at;
        self.version += 1;
        self
    }

    /// The change that `event` makes, ready to be saved.
    pub fn change(self, event: &Event, at: Timestamp) -> Result<Change<Self>> {
        let next = self.apply(event, at);
        Ok(Change { next, event: DomainEvent::record(event, at)? })
    }

    /// The video that a sequence of events leads to.
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a DomainEvent>) -> Result<Option<Self>> {
        let mut video: Option<Self> = None;
        for recorded in events {
            let event = recorded.read::<Event>()?;
            video = match (video, &event) {
                (None, Event::VideoCreated(first)) => Some((**first).clone()),
                (Some(video), event) => Some(video.apply(event, recorded.at)),
                (None, _) => None,
            };
        }
        Ok(video)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{sample_input, sample_media, sample_video};

    fn caption(lang: &str, revision: &str) -> Caption {
        Caption { lang: lang.into(), revision: revision.into() }
    }

    fn commands() -> Vec<(&'static str, Command)> {
        vec![
            ("accept", Command::Accept(sample_input())),
            ("refuse", Command::Refuse(FailureCode::Corrupt)),
            ("give up", Command::GiveUp),
            ("complete", Command::Complete { attempt: 1, media: sample_media() }),
            ("complete old", Command::Complete { attempt: 0, media: sample_media() }),
            ("fail", Command::Fail { attempt: 1, code: FailureCode::Internal }),
            ("fail old", Command::Fail { attempt: 0, code: FailureCode::Internal }),
            ("retry", Command::Retry),
            ("edit", Command::Edit(Edit { title: Some("New".into()), ..Edit::default() })),
            ("caption", Command::Caption(caption("en", "a"))),
            ("uncaption", Command::RemoveCaption { lang: "de".into() }),
            ("delete", Command::Delete),
        ]
    }

    fn videos() -> Vec<(&'static str, Video)> {
        let at = |status, failure| Video { status, attempt: 1, failure, input: Some(sample_input()), ..sample_video() };
        vec![
            ("UPLOADING", Video { input: None, attempt: 0, ..at(Status::Uploading, None) }),
            ("PROCESSING", at(Status::Processing, None)),
            ("READY", at(Status::Ready, None)),
            ("FAILED retryable", at(Status::Failed, Some(FailureCode::Internal))),
            ("FAILED for good", at(Status::Failed, Some(FailureCode::Truncated))),
            ("DELETED", at(Status::Deleted, None)),
        ]
    }

    #[test]
    fn every_state_answers_every_command() {
        let mut table = String::new();
        for (state, video) in videos() {
            for (name, command) in commands() {
                let answer = match decide(&video, command) {
                    Ok(Some(event)) => {
                        let next = video.clone().change(&event, video.updated_at).unwrap();
                        format!("{} -> {}", next.event.name, next.next.status.name())
                    }
                    Ok(None) => "nothing".to_owned(),
                    Err(Error::IllegalTransition { allowed, .. }) => format!("illegal, allowed: {}", allowed.join(" ")),
                    Err(error) => panic!("{error}"),
                };
                table.push_str(&format!("{state:17} {name:13} {answer}\n"));
            }
        }
        insta::assert_snapshot!(table);
    }

    #[test]
    fn what_is_allowed_is_what_decide_takes() {
        for (state, video) in videos() {
            for (name, command) in
                commands().into_iter().filter(|(name, _)| ["retry", "edit", "caption", "delete"].contains(name))
            {
                let takes = matches!(decide(&video, command), Ok(Some(_)));
                assert_eq!(takes, allowed(&video).contains(&name), "{name} in {state}");
            }
        }
    }

    #[test]
    fn a_video_is_the_fold_of_its_events() {
        let first = sample_video();
        let mut events =
            vec![DomainEvent::record(&Event::VideoCreated(Box::new(first.clone())), first.created_at).unwrap()];
        let mut video = first;
        let steps = [
            Command::Accept(sample_input()),
            Command::Fail { attempt: 1, code: FailureCode::Internal },
            Command::Retry,
            Command::Edit(Edit { description: Some("Words".into()), ..Edit::default() }),
            Command::Complete { attempt: 2, media: sample_media() },
            Command::Edit(Edit { description: Some(String::new()), ..Edit::default() }),
            Command::Caption(caption("pt-BR", "a")),
            Command::Caption(caption("en", "b")),
            Command::Caption(caption("pt-BR", "c")),
            Command::RemoveCaption { lang: "en".into() },
            Command::Delete,
        ];
        for command in steps {
            let event = decide(&video, command).unwrap().unwrap();
            let later = video.updated_at + jiff::SignedDuration::from_secs(1);
            let change = video.change(&event, later).unwrap();
            events.push(change.event);
            video = change.next;
            assert_eq!(Video::fold(&events).unwrap().unwrap(), video);
        }
        assert_eq!((video.status, video.version, video.attempt), (Status::Deleted, 12, 2));
        assert_eq!(video.captions, [caption("pt-BR", "c")]);
    }
    #[test]
    fn twenty_languages_are_enough_and_each_may_be_corrected() {
        let tag = |n: usize| format!("{}a", char::from(b'a' + n as u8));
        let captions: Vec<Caption> = (0..MAX_LANGUAGES).map(|n| caption(&tag(n), "a")).collect();
        let full = Video { status: Status::Ready, captions, ..sample_video() };
        let one_more = decide(&full, Command::Caption(caption("zz", "a"))).unwrap_err();
        assert!(matches!(one_more, Error::Conflict { code: "too-many-captions", .. }), "{one_more:?}");
        assert!(decide(&full, Command::Caption(caption(&tag(3), "b"))).unwrap().is_some());
    }
}
