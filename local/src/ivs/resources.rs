//! Channels, stream keys, recording configurations and playback keys as they are stored: one table, each resource as the
//! JSON it has on the wire. Lists go by the order of creation.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Transaction, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::refusal::{Kind, refuse};

/// Tags of a resource.
pub(super) type Tags = BTreeMap<String, String>;

/// What is stored here.
pub(super) trait Resource: Serialize + DeserializeOwned {
    /// The type in its ARN.
    const KIND: &'static str;
    /// Its ARN.
    fn arn(&self) -> &str;
    /// The name it can be found by.
    fn name(&self) -> &str {
        ""
    }
    /// The ARN of the resource it belongs to or uses.
    fn parent(&self) -> &str {
        ""
    }
    /// What it is looked up by at ingest.
    fn secret(&self) -> Option<String> {
        None
    }
}

/// The resource, if it is there.
pub(super) fn find<R: Resource>(transaction: &Transaction<'_>, arn: &str) -> anyhow::Result<Option<R>> {
    one(transaction, "SELECT resource FROM ivs_resources WHERE arn = ?1 AND kind = ?2", arn)
}

/// The resource that this secret opens.
pub(super) fn find_by_secret<R: Resource>(transaction: &Transaction<'_>, secret: &str) -> anyhow::Result<Option<R>> {
    one(transaction, "SELECT resource FROM ivs_resources WHERE secret = ?1 AND kind = ?2", secret)
}

fn one<R: Resource>(transaction: &Transaction<'_>, query: &str, value: &str) -> anyhow::Result<Option<R>> {
    let found: Option<String> =
        transaction.prepare_cached(query)?.query_row(params![value, R::KIND], |row| row.get(0)).optional()?;
    Ok(found.map(|text| serde_json::from_str(&text)).transpose()?)
}

/// The resource.
///
/// # Errors
/// ValidationException when the ARN is none of this kind, ResourceNotFoundException.
pub(super) fn need<R: Resource>(transaction: &Transaction<'_>, arn: &str) -> anyhow::Result<R> {
    super::arn::check(R::KIND, arn)?;
    match find(transaction, arn)? {
        Some(resource) => Ok(resource),
        None => refuse(Kind::NotFound, format!("there is no {arn}")),
    }
}

/// Stores a resource, which keeps its place in lists.
pub(super) fn put<R: Resource>(transaction: &Transaction<'_>, resource: &R) -> anyhow::Result<()> {
    transaction.execute(
        "INSERT INTO ivs_resources (arn, kind, name, parent, secret, resource) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (arn) DO UPDATE SET name = excluded.name, parent = excluded.parent, resource = excluded.resource",
        params![
            resource.arn(),
            R::KIND,
            resource.name(),
            resource.parent(),
            resource.secret(),
            serde_json::to_string(resource)?
        ],
    )?;
    Ok(())
}

/// Deletes a resource.
pub(super) fn delete(transaction: &Transaction<'_>, arn: &str) -> anyhow::Result<()> {
    transaction.execute("DELETE FROM ivs_resources WHERE arn = ?1", [arn])?;
    Ok(())
}

/// How many there are of this kind, or that belong to `parent`.
pub(super) fn count<R: Resource>(transaction: &Transaction<'_>, parent: Option<&str>) -> anyhow::Result<u32> {
    let query = "SELECT COUNT(*) FROM ivs_resources WHERE kind = ?1 AND (?2 IS NULL OR parent = ?2)";
    Ok(transaction.query_row(query, params![R::KIND, parent], |row| row.get(0))?)
}

/// One page of a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    /// Behind the item with this number.
    pub(super) after: i64,
    /// At most so many items.
    pub(super) most: usize,
}

impl Page {
    /// The page that a call asks for: `most` items when it does not say, 1 to `limit` when it does.
    pub(super) fn ask(token: Option<&str>, asked: Option<i64>, most: usize, limit: usize) -> anyhow::Result<Self> {
        let most = match asked {
            None => most,
            Some(asked) => match usize::try_from(asked) {
                Ok(asked) if (1..=limit).contains(&asked) => asked,
                _ => return refuse(Kind::Validation, format!("maxResults is 1 to {limit}")),
            },
        };
        let after = match token.filter(|token| !token.is_empty()) {
            None => 0,
            Some(token) => match token.strip_prefix("after-").and_then(|number| number.parse().ok()) {
                Some(after) => after,
                None => return refuse(Kind::Validation, "nextToken is not one of ours"),
            },
        };
        Ok(Self { after, most })
    }

    /// Cuts what was found, one more than asked for, and answers the token of what follows.
    pub(super) fn cut<T>(self, mut found: Vec<(i64, T)>) -> (Vec<T>, Option<String>) {
        let has_more = found.len() > self.most;
        found.truncate(self.most);
        let token = found.last().filter(|_| has_more).map(|(number, _)| format!("after-{number}"));
        (found.into_iter().map(|(_, item)| item).collect(), token)
    }
}

/// Those of this kind with this name and parent, where they are given.
pub(super) fn list<R: Resource>(
    transaction: &Transaction<'_>,
    name: Option<&str>,
    parent: Option<&str>,
    page: Page,
) -> anyhow::Result<(Vec<R>, Option<String>)> {
    let mut query = transaction.prepare_cached(
        "SELECT number, resource FROM ivs_resources WHERE kind = ?1 AND (?2 IS NULL OR name = ?2)
             AND (?3 IS NULL OR parent = ?3) AND number > ?4 ORDER BY number LIMIT ?5",
    )?;
    let rows = query.query_map(params![R::KIND, name, parent, page.after, page.most + 1], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
    })?;
    let found = rows.map(|row| {
        let (number, text) = row?;
        Ok((number, serde_json::from_str(&text)?))
    });
    Ok(page.cut(found.collect::<anyhow::Result<Vec<_>>>()?))
}
