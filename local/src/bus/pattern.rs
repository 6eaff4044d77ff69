//! Event patterns: EventBridge's language, matched by quamina. Quamina knows operators that EventBridge does not, and
//! takes some of EventBridge's for field names; so a pattern is checked before it is handed over.

use std::sync::{Mutex, PoisonError};

use quamina::Quamina;
use serde_json::Value;

/// A compiled pattern.
pub struct Pattern(Mutex<Quamina<()>>);

/// Why a pattern is refused.
#[derive(Debug, thiserror::Error)]
#[error("this event pattern is not understood: {0}")]
pub struct PatternError(String);

impl Pattern {
    /// Compiles a pattern in EventBridge's JSON.
    ///
    /// # Errors
    /// When it is no pattern, or uses an operator that the local cloud does not know.
    pub fn new(pattern: &Value) -> Result<Self, PatternError> {
        check_fields(pattern, "")?;
        let mut matcher = Quamina::new();
        matcher.add_pattern((), &pattern.to_string()).map_err(|error| PatternError(error.to_string()))?;
        Ok(Self(Mutex::new(matcher)))
    }

    /// Whether an event, envelope included, matches.
    pub fn matches(&self, event: &Value) -> anyhow::Result<bool> {
        let matcher = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = event.to_string();
        matcher
            .matches_for_event(text.as_bytes())
            .map(|found| !found.is_empty())
            .map_err(|error| anyhow::anyhow!("{error}"))
    }
}

fn check_fields(value: &Value, path: &str) -> Result<(), PatternError> {
    match value {
        Value::Object(fields) if !fields.is_empty() => fields.iter().try_for_each(|(name, inner)| {
            if name.starts_with('$') {
                return Err(PatternError(format!("{name} is not known by the local cloud")));
            }
            check_fields(inner, &format!("{path}/{name}"))
        }),
        Value::Array(choices) if !choices.is_empty() => {
            choices.iter().try_for_each(|choice| check_choice(choice, path))
        }
        _ => Err(PatternError(format!("a non-empty list or object is expected at {path:?}"))),
    }
}

fn check_choice(choice: &Value, path: &str) -> Result<(), PatternError> {
    let operators = match choice {
        Value::Object(operators) => operators,
        Value::Array(_) => return Err(PatternError(format!("a list stands in a list at {path}"))),
        _ => return Ok(()),
    };
    let mut entries = operators.iter();
    let (Some((operator, argument)), None) = (entries.next(), entries.next()) else {
        return Err(PatternError(format!("one operator is expected at {path}")));
    };
    let understood = match operator.as_str() {
        "prefix" | "suffix" | "equals-ignore-case" | "wildcard" | "cidr" => argument.is_string(),
        "exists" => argument.is_boolean(),
        "numeric" => argument.is_array(),
        "anything-but" => !argument.is_object(),
        _ => false,
    };
    if understood { Ok(()) } else { Err(PatternError(format!("{operator} in this form at {path}"))) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn matches(pattern: Value, event: Value) -> bool {
        Pattern::new(&pattern).unwrap().matches(&event).unwrap()
    }

    #[test]
    fn events_match_as_on_aws() {
        let event = json!({
            "source": "aws.s3", "detail-type": "Object Created",
            "detail": { "bucket": { "name": "up" }, "object": { "key": "videos/a b.mp4", "size": 5 } },
        });
        for pattern in [
            json!({ "source": ["aws.s3"] }),
            json!({ "source": ["aws.mediaconvert", "aws.s3"], "detail": { "bucket": { "name": ["up"] } } }),
            json!({ "detail": { "object": { "key": [{ "prefix": "videos/" }] } } }),
            json!({ "detail": { "object": { "key": [{ "suffix": ".mp4" }], "size": [{ "numeric": [">", 0, "<=", 5] }] } } }),
            json!({ "detail": { "version": [{ "exists": false }] } }),
            json!({ "source": [{ "anything-but": ["aws.ivs"] }] }),
        ] {
            assert!(matches(pattern.clone(), event.clone()), "{pattern}");
        }
        for pattern in [
            json!({ "source": ["aws"] }),
            json!({ "source": ["aws.s3"], "detail": { "bucket": { "name": ["down"] } } }),
            json!({ "detail": { "object": { "key": [{ "prefix": "images/" }] } } }),
            json!({ "detail": { "object": { "size": [{ "numeric": [">", 5] }] } } }),
            json!({ "detail": { "object": { "size": [{ "exists": false }] } } }),
        ] {
            assert!(!matches(pattern.clone(), event.clone()), "{pattern}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for pattern in [
            json!({}),
            json!([]),
            json!({ "source": "aws.s3" }),
            json!({ "source": [] }),
            json!({ "$or": [{ "source": ["a"] }] }),
            json!({ "source": [{ "regex": "a" }] }),
            json!({ "source": [{ "prefix": { "equals-ignore-case": "a" } }] }),
            json!({ "source": [{ "prefix": "a", "suffix": "b" }] }),
            json!({ "source": [{ "anything-but": { "prefix": "a" } }] }),
        ] {
            assert!(Pattern::new(&pattern).is_err(), "{pattern}");
        }
    }
}
