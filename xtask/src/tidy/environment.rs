//! Every variable the template sets is read, and every one that is read is set.

use std::collections::BTreeSet;

use super::{Finding, Source};

const READER: &str = "shared/api/src/env.rs";

pub(super) fn check(sources: &[Source]) -> Vec<Finding> {
    let text = |path: &str| sources.iter().find(|source| source.path == path).map_or("", |source| &source.text);
    compare(&set_by(text("template.yaml")), &read_by(text(READER)))
}

/// Names in capitals below a `Variables:` line.
fn set_by(template: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut inside = None;
    for line in template.lines() {
        let depth = line.len() - line.trim_start().len();
        if line.trim() == "Variables:" {
            inside = Some(depth);
        } else if inside.is_some_and(|outer| depth > outer) {
            names.extend(line.trim().split_once(':').map(|(name, _)| name.to_owned()));
        } else {
            inside = None;
        }
    }
    names
}

fn read_by(reader: &str) -> BTreeSet<String> {
    [".text(\"", ".optional(\"", ".number(\""]
        .into_iter()
        .flat_map(|call| reader.split(call).skip(1))
        .filter_map(|rest| rest.split_once('"'))
        .map(|(name, _)| name.to_owned())
        .filter(|name| !name.starts_with("AWS_"))
        .collect()
}

fn compare(set: &BTreeSet<String>, read: &BTreeSet<String>) -> Vec<Finding> {
    let unread = set.difference(read).map(|name| Finding::new("template.yaml", format!("nobody reads {name}")));
    let unset = read.difference(set).map(|name| Finding::new(READER, format!("template.yaml does not set {name}")));
    unread.chain(unset).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_and_what_is_read_must_agree() {
        let set = set_by("    Environment:\n      Variables:\n        A: 1\n        B: !Ref C\n    Policies: x\n");
        assert_eq!(set, BTreeSet::from(["A".to_owned(), "B".to_owned()]));
        let read = read_by("env.text(\"A\"), env.text(\"C\"), env.text(\"AWS_REGION\")");
        assert_eq!(compare(&set, &read).len(), 2);
        assert!(compare(&set, &set).is_empty());
    }
}
