//! A function is a folder, a binary, a template resource and a folder of sample events, all of one name.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Finding, Source};

pub(super) fn check(root: &Path, sources: &[Source]) -> anyhow::Result<Vec<Finding>> {
    let mut folders = BTreeSet::new();
    for entry in std::fs::read_dir(root.join("functions"))? {
        folders.insert(entry?.file_name().to_string_lossy().into_owned());
    }
    let template = sources.iter().find(|source| source.path == "template.yaml").map_or("", |source| &source.text);
    let events: BTreeSet<&str> = sources
        .iter()
        .filter_map(|source| source.path.strip_prefix("events/")?.strip_suffix(".json")?.split_once('/'))
        .map(|(function, _)| function)
        .collect();
    Ok(compare(&folders, template, &events))
}

fn compare(folders: &BTreeSet<String>, template: &str, events: &BTreeSet<&str>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let deployed: BTreeSet<&str> = template
        .lines()
        .filter_map(|line| line.trim().strip_prefix("CodeUri: target/lambda/")?.strip_suffix('/'))
        .collect();
    for folder in folders {
        if !deployed.contains(folder.as_str()) {
            findings.push(Finding::new(format!("functions/{folder}"), "template.yaml does not deploy it"));
        }
        if !events.contains(folder.as_str()) {
            let advice = format!("add a sample event: events/{folder}/<case>.json");
            findings.push(Finding::new(format!("functions/{folder}"), advice));
        }
    }
    for name in deployed.iter().chain(events).filter(|name| !folders.contains(**name)) {
        findings.push(Finding::new("template.yaml and events/", format!("there is no folder functions/{name}")));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_template_and_events_go_together() {
        let folders = BTreeSet::from(["a".to_owned(), "b".to_owned()]);
        let template = "      CodeUri: target/lambda/a/\n      CodeUri: target/lambda/c/\n";
        let findings = compare(&folders, template, &BTreeSet::from(["a"]));
        assert_eq!(findings.len(), 3, "{findings:?}");
        let template = "      CodeUri: target/lambda/a/\n      CodeUri: target/lambda/b/\n";
        assert!(compare(&folders, template, &BTreeSet::from(["a", "b"])).is_empty());
    }
}
