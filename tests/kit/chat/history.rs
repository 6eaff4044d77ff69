//! What is stored of a room.

use anyhow::{Context, Result, ensure};
use reqwest::Method;
use serde_json::Value;

use crate::Person;

/// Everything that was said in the room of a stream, oldest first, by all pages of the API.
pub async fn history(person: &Person, stream_id: &str) -> Result<Vec<Value>> {
    let path = format!("/api/v1/streams/{stream_id}/messages?limit=100");
    let (mut pages, mut next) = (Vec::new(), path.clone());
    loop {
        let answer = person.request(Method::GET, &next).send().await?;
        let status = answer.status();
        let mut page: Value = answer.json().await?;
        ensure!(status == 200, "{status}: {page}");
        let Value::Array(items) = page["items"].take() else { anyhow::bail!("no items in {page}") };
        pages.push(items);
        if page["nextCursor"].is_null() {
            break;
        }
        next = format!("{path}&cursor={}", page["nextCursor"].as_str().context("no cursor")?);
    }
    Ok(pages.into_iter().rev().flatten().collect())
}
