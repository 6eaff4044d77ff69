//! Captions: WebVTT texts beside a READY video, one for each language. Each text stands under a key of its own, so that a
//! corrected one has another URL and is seen at once.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::state::{self, Command};
use super::{Current, Videos, names};
use crate::check::Check;
use crate::error::{Error, Result};
use crate::ids::{UserId, VideoId};
use crate::ports::NewObject;

/// Languages of one video.
pub const MAX_LANGUAGES: usize = 20;
/// Bytes of one text.
pub const MAX_BYTES: usize = 256 * 1024;
const TYPE: &str = "text/vtt";
const CACHE: &str = "public, max-age=31536000, immutable";

/// The captions in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caption {
    /// A BCP 47 tag: `en`, `pt-BR`, `zh-Hant-TW`.
    pub lang: String,
    /// Which text of this language it is.
    pub revision: String,
}

impl Videos {
    /// Sets the captions of the caller's video in one language.
    ///
    /// # Errors
    /// `Invalid`, `NotFound`, `Forbidden`, `Stale`, `IllegalTransition` unless it is READY, `Conflict` with
    /// `too-many-captions`.
    pub async fn set_caption(
        &self,
        caller: UserId,
        id: VideoId,
        expected_version: Option<u64>,
        lang: &str,
        text: Vec<u8>,
    ) -> Result<Current> {
        check_lang(lang)
            .require("caption", text.len() <= MAX_BYTES, format!("must be at most {MAX_BYTES} bytes"))
            .require("caption", is_webvtt(&text), "must be UTF-8 text that begins with WEBVTT")
            .done()?;
        let before = self.owned(caller, id).await?.video;
        if expected_version.is_some_and(|expected| expected != before.version) {
            return Err(Error::Stale);
        }
        let caption = Caption { lang: lang.to_owned(), revision: Uuid::new_v4().simple().to_string() };
        let command = Command::Caption(caption.clone());
        // Nothing is stored for a video that takes none.
        state::decide(&before, command.clone())?;
        let key = names::caption(caller, id, &caption);
        let object = NewObject {
            key: key.clone(),
            body: text,
            content_type: TYPE,
            content_encoding: None,
            cache_control: CACHE,
        };
        self.media.put(object).await?;
        match self.act(caller, id, expected_version, command).await {
            Ok(_) => {}
            // After any other trouble it may be that the video has it.
            Err(
                error @ (Error::Stale
                | Error::NotFound { .. }
                | Error::IllegalTransition { .. }
                | Error::Conflict { .. }),
            ) => {
                self.media.delete(&[key]).await?;
                return Err(error);
            }
            Err(error) => return Err(error),
        }
        self.drop_captions(caller, id, before.captions.iter().filter(|old| old.lang == lang)).await?;
        self.owned(caller, id).await
    }

    /// Removes the captions of the caller's video in one language; none is no error.
    ///
    /// # Errors
    /// `Invalid`, `NotFound`, `Forbidden`, `Stale`, `IllegalTransition` unless it is READY.
    pub async fn remove_caption(
        &self,
        caller: UserId,
        id: VideoId,
        expected_version: Option<u64>,
        lang: &str,
    ) -> Result<()> {
        check_lang(lang).done()?;
        let before = self.owned(caller, id).await?.video;
        self.act(caller, id, expected_version, Command::RemoveCaption { lang: lang.to_owned() }).await?;
        self.drop_captions(caller, id, before.captions.iter().filter(|old| old.lang == lang)).await
    }

    /// Deletes texts that nothing points at any more; what a crash leaves goes with the video.
    async fn drop_captions(
        &self,
        user: UserId,
        id: VideoId,
        captions: impl Iterator<Item = &Caption> + Send,
    ) -> Result<()> {
        let keys: Vec<String> = captions.map(|caption| names::caption(user, id, caption)).collect();
        if !keys.is_empty() {
            self.media.delete(&keys).await?;
        }
        Ok(())
    }
}

fn check_lang(lang: &str) -> Check {
    let reason = "must be a language tag such as en, pt-BR or zh-Hant-TW";
    Check::default().require("lang", is_language(lang), reason)
}

/// Language, script and region of a BCP 47 tag (RFC 5646, section 2.1) in the letters' usual case (section 2.1.1), so that no
/// language has two names.
fn is_language(lang: &str) -> bool {
    let all = |part: &str, is: fn(&u8) -> bool| part.bytes().all(|byte| is(&byte));
    let is_script = |part: &str| match part.as_bytes() {
        [first, rest @ ..] if rest.len() == 3 => first.is_ascii_uppercase() && rest.iter().all(u8::is_ascii_lowercase),
        _ => false,
    };
    let is_region = |part: &str| match part.len() {
        2 => all(part, u8::is_ascii_uppercase),
        3 => all(part, u8::is_ascii_digit),
        _ => false,
    };
    let mut parts = lang.split('-');
    let language = parts.next().unwrap_or_default();
    let rest: Vec<&str> = parts.collect();
    matches!(language.len(), 2 | 3)
        && all(language, u8::is_ascii_lowercase)
        && match rest.as_slice() {
            [] => true,
            [one] => is_script(one) || is_region(one),
            [script, region] => is_script(script) && is_region(region),
            _ => false,
        }
}

/// Whether it is UTF-8 with the signature of a WebVTT file (WebVTT, section 4.1): the word, then nothing, a space or the end
/// of the line.
fn is_webvtt(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let rest = text.strip_prefix("WEBVTT");
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\n', '\r']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_have_one_name_each() {
        for good in ["en", "de", "gsw", "pt-BR", "es-419", "zh-Hant", "zh-Hant-TW"] {
            assert!(is_language(good), "{good}");
        }
        let bad = [
            "",
            "e",
            "EN",
            "en-us",
            "en_US",
            "english",
            "en-",
            "-en",
            "zh-hant",
            "zh-TW-Hant",
            "en-US-x",
            "../x",
            "en/..",
            "en-U1",
            "en-41",
            "é-",
            "zh-ÄÄ",
        ];
        for bad in bad {
            assert!(!is_language(bad), "{bad}");
        }
    }

    #[test]
    fn a_text_begins_with_its_signature() {
        for good in ["WEBVTT", "WEBVTT\n\n", "\u{feff}WEBVTT - Title\r\n", "WEBVTT\tx"] {
            assert!(is_webvtt(good.as_bytes()), "{good:?}");
        }
        for bad in [&b""[..], b"WEBVTTX", b" WEBVTT", b"webvtt", b"1\n00:00", b"WEBVTT\n\xff", b"\xef\xbb"] {
            assert!(!is_webvtt(bad), "{bad:?}");
        }
    }
}
