//! Tags of any resource, changed in the JSON it is stored as.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Transaction, params};
use serde::Deserialize;
use serde_json::{Value, json};

use super::refusal::{Kind, refuse};
use super::resources::Tags;
use super::{Ivs, checks};

#[derive(Deserialize)]
pub(super) struct Tagging {
    tags: Tags,
}

pub(super) fn tag(ivs: &Ivs, arn: &str, input: Tagging) -> anyhow::Result<Value> {
    change(ivs, arn, |tags| tags.extend(input.tags))
}

pub(super) fn untag(ivs: &Ivs, arn: &str, keys: &[String]) -> anyhow::Result<Value> {
    if keys.is_empty() {
        return refuse(Kind::Validation, "tagKeys is missing");
    }
    change(ivs, arn, |tags| tags.retain(|key, _| !keys.contains(key)))
}

pub(super) fn list(ivs: &Ivs, arn: &str) -> anyhow::Result<Value> {
    let (_, tags) = ivs.state.transact(|transaction| read(transaction, arn))?;
    Ok(json!({ "tags": tags }))
}

fn read(transaction: &Transaction<'_>, arn: &str) -> anyhow::Result<(Value, Tags)> {
    let query = "SELECT resource FROM ivs_resources WHERE arn = ?1";
    let found: Option<String> = transaction.query_row(query, [arn], |row| row.get(0)).optional()?;
    let Some(text) = found else { return refuse(Kind::NotFound, format!("there is no {arn}")) };
    let resource: Value = serde_json::from_str(&text)?;
    let tags: BTreeMap<_, _> = serde_json::from_value(resource["tags"].clone())?;
    Ok((resource, tags))
}

fn change(ivs: &Ivs, arn: &str, change: impl FnOnce(&mut Tags)) -> anyhow::Result<Value> {
    ivs.state.transact(|transaction| {
        let (mut resource, mut tags) = read(transaction, arn)?;
        change(&mut tags);
        checks::tags(&tags)?;
        resource["tags"] = json!(tags);
        let update = "UPDATE ivs_resources SET resource = ?2 WHERE arn = ?1";
        transaction.execute(update, params![arn, resource.to_string()])?;
        Ok(json!({}))
    })
}
