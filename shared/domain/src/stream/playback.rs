//! Who may watch a stream that not everybody may watch.

use jiff::{SignedDuration, Timestamp};

use super::{Live, Stream, Visibility};
use crate::error::{Error, Result};
use crate::ids::{StreamId, UserId};

/// How long playback may begin with a token. IVS looks at it then, and not any more while it goes on.
pub const TOKEN_LIFE: SignedDuration = SignedDuration::from_mins(5);

/// Permission to watch.
#[derive(Debug, Clone)]
pub struct Permission {
    /// The token; absent where none is needed.
    pub token: Option<String>,
    /// The multivariant playlist, without the token.
    pub playback_url: String,
    /// When playback must have begun.
    pub expires_at: Timestamp,
}

impl Live {
    /// Lets somebody watch a stream from a country. A PRIVATE stream's tokens are for its owner, who hands them on.
    ///
    /// # Errors
    /// `NotFound`, `Refused` with `geo-blocked`, `LimitReached` with `viewer-cap-reached`, `Conflict` with `not-playable`,
    /// `Unavailable`.
    pub async fn permit(&self, caller: Option<UserId>, id: StreamId, country: Option<&str>) -> Result<Permission> {
        let stream = self.stream(caller, id).await?;
        let is_owner = caller == Some(stream.user_id);
        if stream.visibility == Visibility::Private && !is_owner {
            return Err(Error::NotFound { what: "stream" });
        }
        // IVS's tokens are for channels: one of a stream that is not on air would open the one that is.
        let current = self.channels.channel(stream.channel_id).await?.ok_or(Error::NotFound { what: "channel" })?;
        if current.active != Some(id) {
            return Err(Error::Conflict { code: "not-playable", message: "The stream is not on air." });
        }
        if !is_owner && !is_shown_in(&stream, country) {
            return Err(Error::Refused { code: "geo-blocked", message: "This stream is not shown in your country." });
        }
        let expires_at = self.clock.now() + TOKEN_LIFE;
        let playback_url = stream.playback_url.clone();
        if !stream.needs_token() {
            return Ok(Permission { token: None, playback_url, expires_at });
        }
        if let Some(most) = stream.settings.max_concurrent_viewers
            && !is_owner
            && !self.measurements.admit(id, most).await?
        {
            let message = "As many people watch this stream as may: try again later.";
            return Err(Error::LimitReached { code: "viewer-cap-reached", message });
        }
        let arn = current.channel.provider.ok_or(Error::NotFound { what: "channel" })?.channel_arn;
        let token = Some(self.provider.playback_token(&arn, expires_at).await?);
        Ok(Permission { token, playback_url, expires_at })
    }
}

/// Whether a stream is shown in a country. Where it is shown only in some, it is not shown in an unknown one.
fn is_shown_in(stream: &Stream, country: Option<&str>) -> bool {
    let settings = &stream.settings;
    let is_in = |codes: &[String]| country.is_some_and(|country| codes.iter().any(|code| code == country));
    (settings.allowed_countries.is_empty() || is_in(&settings.allowed_countries)) && !is_in(&settings.blocked_countries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::sample_stream;

    #[test]
    fn countries_are_allowed_minus_blocked() {
        let shown = |allowed: &[&str], blocked: &[&str], country| {
            let codes = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect();
            let mut stream = sample_stream();
            stream.settings.allowed_countries = codes(allowed);
            stream.settings.blocked_countries = codes(blocked);
            is_shown_in(&stream, country)
        };
        assert!(shown(&[], &[], None));
        assert!(shown(&["DE"], &[], Some("DE")) && !shown(&["DE"], &[], Some("FR")) && !shown(&["DE"], &[], None));
        assert!(!shown(&[], &["FR"], Some("FR")) && shown(&[], &["FR"], Some("DE")) && shown(&[], &["FR"], None));
        assert!(!shown(&["DE"], &["DE"], Some("DE")));
    }
}
