//! What is measured of a crowd.

use std::collections::BTreeMap;
use std::time::Duration;

/// Counts and times since the last report.
#[derive(Default)]
pub(super) struct Report {
    pub(super) said: usize,
    pub(super) unheard: usize,
    refused: BTreeMap<String, usize>,
    echoes: Vec<Duration>,
}

impl Report {
    /// Notes how long an echo took.
    pub(super) fn echo(&mut self, took: Duration) {
        self.echoes.push(took);
    }

    /// Notes a refusal by its code.
    pub(super) fn refuse(&mut self, code: String) {
        *self.refused.entry(code).or_default() += 1;
    }

    /// Adds what another has measured.
    pub(super) fn add(&mut self, other: Report) {
        self.said += other.said;
        self.unheard += other.unheard;
        self.echoes.extend(other.echoes);
        for (code, count) in other.refused {
            *self.refused.entry(code).or_default() += count;
        }
    }

    /// The echoes in words: their number and their times.
    pub(super) fn line(&self) -> String {
        let mut sorted = self.echoes.clone();
        sorted.sort();
        let mut line = format!("{} messages said, {} echoed", self.said, sorted.len());
        if let (Some(median), Some(p95)) = (rank(&sorted, 50), rank(&sorted, 95)) {
            line = format!("{line}; p50 {} ms, p95 {} ms", median.as_millis(), p95.as_millis());
        }
        if self.unheard > 0 {
            line = format!("{line}; {} without an echo", self.unheard);
        }
        for (code, count) in &self.refused {
            line = format!("{line}; {count} x {code}");
        }
        line
    }
}

/// The time that so many percent do not exceed.
fn rank(sorted: &[Duration], percent: usize) -> Option<Duration> {
    sorted.get((sorted.len() * percent).div_ceil(100).checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_names_ranks_losses_and_refusals() {
        let mut report = Report { said: 103, unheard: 1, ..Report::default() };
        assert_eq!(Report::default().line(), "0 messages said, 0 echoed");
        (1..=100).rev().for_each(|ms| report.echo(Duration::from_millis(ms)));
        let mut other = Report::default();
        other.refuse("SLOW_MODE".to_owned());
        other.refuse("SLOW_MODE".to_owned());
        report.add(other);
        let expected = "103 messages said, 100 echoed; p50 50 ms, p95 95 ms; 1 without an echo; 2 x SLOW_MODE";
        assert_eq!(report.line(), expected);
    }
}
