//! Checks input and collects every violation before it answers.

use crate::error::{Error, Result, Violation};

#[derive(Default)]
pub(crate) struct Check(Vec<Violation>);

impl Check {
    /// `reason` goes on after the field's name: `must be ...`.
    pub(crate) fn require(mut self, field: &str, holds: bool, reason: impl Into<String>) -> Self {
        if !holds {
            self.0.push(Violation::new(field, reason));
        }
        self
    }

    /// A text of at most `most` characters; line feeds are the only control characters.
    pub(crate) fn text(self, field: &str, text: Option<&str>, most: usize) -> Self {
        let valid =
            text.is_none_or(|text| text.chars().count() <= most && text.chars().all(|c| !c.is_control() || c == '\n'));
        self.require(field, valid, format!("must be at most {most} characters, without control characters"))
    }

    /// A text of one line that says something.
    pub(crate) fn name(self, field: &str, text: &str, most: usize) -> Self {
        let length = text.chars().count();
        let valid = length <= most && !text.trim().is_empty() && !text.chars().any(char::is_control);
        self.require(field, valid, format!("must be 1 to {most} characters, without control characters"))
    }

    pub(crate) fn done(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Invalid(self.0)) }
    }
}
