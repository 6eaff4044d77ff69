//! Who may depend on whom: the floors of ARCHITECTURE.md, read from Cargo's own metadata.

use std::path::Path;

use cargo_metadata::{DependencyKind, MetadataCommand};

use super::Finding;

pub(super) fn check(root: &Path) -> anyhow::Result<Vec<Finding>> {
    let metadata = MetadataCommand::new().current_dir(root).no_deps().other_options(["--offline".to_owned()]).exec()?;
    let mut findings = Vec::new();
    for package in &metadata.packages {
        let folder = package.manifest_path.strip_prefix(&metadata.workspace_root)?.parent();
        let floor = Room::of(folder.map_or("", |folder| folder.as_str()));
        for dependency in &package.dependencies {
            // Tests may look at anything.
            if dependency.kind == DependencyKind::Development {
                continue;
            }
            if let Some(advice) = refuse(floor, &dependency.name) {
                findings.push(Finding::new(package.manifest_path.as_str(), format!("{}: {advice}", dependency.name)));
            }
        }
    }
    Ok(findings)
}

/// A place in the house.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Room {
    Domain,
    Store,
    Cloud,
    Api,
    Function,
    Local,
    Media,
    /// Tests, benches and tasks look down at everything.
    Roof,
}

impl Room {
    fn of(folder: &str) -> Self {
        match folder {
            "shared/domain" => Self::Domain,
            "shared/store" => Self::Store,
            "shared/cloud" => Self::Cloud,
            "shared/api" => Self::Api,
            "local" => Self::Local,
            _ if folder.starts_with("functions/") => Self::Function,
            _ if folder.starts_with("media/") => Self::Media,
            _ => Self::Roof,
        }
    }
}

/// Why a room may not use a crate.
fn refuse(room: Room, dependency: &str) -> Option<&'static str> {
    let ours = dependency.strip_prefix("skylark-");
    match (room, ours) {
        (Room::Roof, _) => None,
        (Room::Local, Some("rtmp" | "hls")) => None,
        (Room::Domain | Room::Local | Room::Media, Some(_)) => Some("this floor stands on none of ours"),
        (Room::Store | Room::Cloud | Room::Api, Some(name)) if name != "domain" => {
            Some("this floor stands on the domain only")
        }
        (Room::Function, Some(name)) if !["domain", "store", "cloud", "api"].contains(&name) => {
            Some("functions stand on domain, store, cloud and api only")
        }
        (_, Some(_)) => None,
        (Room::Store, None) if dependency == "aws-sdk-dynamodb" => None,
        (Room::Cloud, None) if dependency != "aws-sdk-dynamodb" => None,
        (_, None) if dependency.starts_with("aws-sdk-") => {
            Some("SDKs stand under store (DynamoDB) and cloud (the rest)")
        }
        (Room::Domain, None) if ["tokio", "http", "axum"].contains(&dependency) => {
            Some("the domain knows no runtime and no HTTP")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_that_break_a_floor_are_refused() {
        for (folder, dependency) in [
            ("local", "skylark-domain"),
            ("media/rtmp", "skylark-domain"),
            ("media/rtmp", "skylark-hls"),
            ("media/rtmp", "aws-sdk-s3"),
            ("functions/a", "skylark-rtmp"),
            ("local", "aws-sdk-s3"),
            ("shared/domain", "skylark-store"),
            ("shared/domain", "tokio"),
            ("shared/store", "skylark-cloud"),
            ("shared/cloud", "aws-sdk-dynamodb"),
            ("shared/api", "aws-sdk-s3"),
            ("functions/a", "skylark-local"),
            ("functions/a", "aws-sdk-dynamodb"),
        ] {
            assert!(refuse(Room::of(folder), dependency).is_some(), "{folder} -> {dependency}");
        }
    }

    #[test]
    fn edges_that_go_down_are_fine() {
        for (folder, dependency) in [
            ("shared/store", "skylark-domain"),
            ("shared/store", "aws-sdk-dynamodb"),
            ("shared/cloud", "aws-sdk-secretsmanager"),
            ("functions/a", "skylark-api"),
            ("tests", "skylark-local"),
            ("benches", "skylark-rtmp"),
            ("local", "tokio"),
            ("local", "skylark-rtmp"),
            ("media/rtmp", "tokio"),
        ] {
            assert!(refuse(Room::of(folder), dependency).is_none(), "{folder} -> {dependency}");
        }
    }
}
