//! A stream that is announced for tomorrow evening.

use anyhow::Context;
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::json;

use crate::cli::person::{Person, text};
use crate::cli::say;

const TITLE: &str = "An evening with skylarks";
const DESCRIPTION: &str = "They sing while they climb. Bring questions: the chat is open from now on.";
/// Seconds of a day, and from its beginning to the evening (UTC).
const DAY: i64 = 86_400;
const EVENING: i64 = 19 * 3600;

/// Announces it, and anew when its time has passed.
pub(super) async fn make(owner: &Person) -> anyhow::Result<()> {
    let now = Timestamp::now();
    let at = tomorrow_evening(now).context("there is no tomorrow")?.to_string();
    let known = owner.own_stream(|stream| stream["title"] == TITLE && stream["state"] == "CREATED").await?;
    let id = match &known {
        Some(stream) if stream["status"] == "SCHEDULED" => {
            say(&format!("\"{TITLE}\" is there already"));
            return Ok(());
        }
        Some(stream) => {
            let id = text(stream, "id")?;
            owner.ask(Method::PATCH, &format!("/streams/{id}"), Some(&json!({ "scheduledAt": at }))).await?;
            id
        }
        None => {
            // Whoever tries an encoder today is not to begin it.
            let fields = json!({ "title": TITLE, "description": DESCRIPTION, "scheduledAt": at, "autoStart": false });
            text(&owner.announce(&fields).await?, "id")?
        }
    };
    say(&format!("\"{TITLE}\" is announced for {at}: {}", owner.page(&format!("/live/{id}"))));
    Ok(())
}

fn tomorrow_evening(now: Timestamp) -> Option<Timestamp> {
    let today = now.as_second() - now.as_second().rem_euclid(DAY);
    Timestamp::UNIX_EPOCH.checked_add(SignedDuration::from_secs(today + DAY + EVENING)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tomorrow_evening_is_at_least_nineteen_hours_away() {
        let cases = [
            ("2026-11-21T00:00:00Z", "2026-11-22T19:00:00Z"),
            ("2026-11-21T23:59:59.999Z", "2026-11-22T19:00:00Z"),
            ("2026-12-31T12:00:00Z", "2027-01-01T19:00:00Z"),
        ];
        for (now, expected) in cases {
            let at = now.parse().ok().and_then(tomorrow_evening);
            assert_eq!(at, expected.parse().ok(), "{now}");
        }
    }
}
