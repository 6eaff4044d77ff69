//! Plays Secrets Manager: secrets made at the first start and kept in a file that only its owner may read.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use rand::Rng;
use rand::distr::Alphanumeric;
use serde::Deserialize;
use serde_json::json;

use crate::tap::{Tap, target_operation};
use crate::world::SecretSpec;

/// Every secret by ARN. Cheap to clone.
#[derive(Clone)]
pub struct Secrets(Arc<BTreeMap<String, String>>);

impl Secrets {
    /// Reads the secrets at `file` and makes those that are missing.
    pub fn open(file: &Path, wanted: &BTreeMap<String, SecretSpec>) -> anyhow::Result<Self> {
        let mut values: BTreeMap<String, String> = match std::fs::read(file) {
            Ok(text) => serde_json::from_slice(&text).with_context(|| format!("{} is damaged", file.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
        };
        let known = values.len();
        for (arn, spec) in wanted {
            values.entry(arn.clone()).or_insert_with(|| random(spec.length));
        }
        if values.len() > known {
            write(file, &values).with_context(|| format!("cannot write {}", file.display()))?;
        }
        Ok(Self(Arc::new(values)))
    }

    /// The value of a secret by ARN.
    pub fn get(&self, arn: &str) -> Option<&str> {
        self.0.get(arn).map(String::as_str)
    }

    /// Replaces every `{{resolve:secretsmanager:<arn>}}`, as CloudFormation does.
    ///
    /// # Errors
    /// When a secret is not in the template.
    pub fn resolve(&self, text: &str) -> anyhow::Result<String> {
        const START: &str = "{{resolve:secretsmanager:";
        let mut resolved = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(START) {
            let (arn, after) = after.split_once("}}").context("a dynamic reference is not closed")?;
            resolved.push_str(before);
            resolved.push_str(self.get(arn).with_context(|| format!("the template has no secret {arn}"))?);
            rest = after;
        }
        Ok(resolved + rest)
    }

    /// What answers `GetSecretValue`.
    pub fn router(&self, tap: &Tap) -> Router {
        tap.wrap("secretsmanager", target_operation, Router::new().route("/", post(answer)).with_state(self.clone()))
    }
}

fn random(length: usize) -> String {
    rand::rng().sample_iter(Alphanumeric).take(length).map(char::from).collect()
}

fn write(file: &Path, values: &BTreeMap<String, String>) -> anyhow::Result<()> {
    let fresh = file.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    let mut opened = options.write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
    opened.write_all(&serde_json::to_vec_pretty(values)?)?;
    opened.sync_all()?;
    Ok(std::fs::rename(fresh, file)?)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetSecretValue {
    secret_id: String,
}

async fn answer(State(secrets): State<Secrets>, parts: axum::http::HeaderMap, body: axum::body::Bytes) -> Response {
    let target = parts.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    if target != "secretsmanager.GetSecretValue" {
        return refuse("UnknownOperationException", "only GetSecretValue is known here");
    }
    let Ok(request) = serde_json::from_slice::<GetSecretValue>(&body) else {
        return refuse("InvalidRequestException", "SecretId is missing");
    };
    match secrets.get(&request.secret_id) {
        Some(value) => Json(json!({ "ARN": request.secret_id, "SecretString": value })).into_response(),
        None => refuse("ResourceNotFoundException", "Secrets Manager can't find the specified secret."),
    }
}

fn refuse(kind: &str, message: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "__type": kind, "Message": message }))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_made_once_and_only_the_owner_reads_them() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("secrets.json");
        let wanted = BTreeMap::from([("arn:one".to_owned(), SecretSpec { length: 64 })]);
        let first = Secrets::open(&file, &wanted).unwrap();
        let second = Secrets::open(&file, &wanted).unwrap();
        assert_eq!(first.get("arn:one").unwrap().len(), 64);
        assert_eq!(first.get("arn:one"), second.get("arn:one"));
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn dynamic_references_are_replaced() {
        let secrets = Secrets(Arc::new(BTreeMap::from([("arn:one".to_owned(), "s3cret".to_owned())])));
        assert_eq!(secrets.resolve("a{{resolve:secretsmanager:arn:one}}b").unwrap(), "as3cretb");
        assert!(secrets.resolve("{{resolve:secretsmanager:arn:two}}").is_err());
    }
}
