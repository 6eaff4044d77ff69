//! Stream keys: one a channel. The value is stored because GetStreamKey answers it; encoders are looked up by its hash.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::channels::{self, Channel, Named, NamedMany};
use super::refusal::{Kind, refuse};
use super::resources::{self, Page, Resource, Tags};
use super::{Ivs, arn, checks};
use crate::world::REGION;

/// Random letters and digits at the end of a key: 178 bits.
const SECRET_LENGTH: usize = 30;

/// A stream key as it is stored and on the wire.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StreamKey {
    pub(super) arn: String,
    pub(super) value: String,
    pub(super) channel_arn: String,
    pub(super) tags: Tags,
}

impl Resource for StreamKey {
    const KIND: &'static str = arn::STREAM_KEY;

    fn arn(&self) -> &str {
        &self.arn
    }

    fn parent(&self) -> &str {
        &self.channel_arn
    }

    fn secret(&self) -> Option<String> {
        Some(hash(&self.value))
    }
}

impl StreamKey {
    /// A new key of a channel.
    pub(super) fn fresh(channel_arn: &str, tags: Tags) -> Self {
        let arn = arn::fresh(arn::STREAM_KEY);
        let value = format!("sk_{REGION}_{}_{}", arn::id(&arn), arn::random(SECRET_LENGTH));
        Self { arn, value, channel_arn: channel_arn.to_owned(), tags }
    }
}

/// What a key is looked up by.
fn hash(value: &str) -> String {
    Sha256::digest(value.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The channel that `value` publishes to.
pub(super) fn channel_of(ivs: &Ivs, value: &str) -> anyhow::Result<Option<Channel>> {
    ivs.state.transact(|transaction| match resources::find_by_secret::<StreamKey>(transaction, &hash(value))? {
        Some(key) => resources::find(transaction, &key.channel_arn),
        None => Ok(None),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Create {
    channel_arn: String,
    #[serde(default)]
    tags: Tags,
}

pub(super) fn create(ivs: &Ivs, input: Create) -> anyhow::Result<Value> {
    checks::tags(&input.tags)?;
    ivs.state.transact(|transaction| {
        let channel: Channel = resources::need(transaction, &input.channel_arn)?;
        if resources::count::<StreamKey>(transaction, Some(&channel.arn))? > 0 {
            return refuse(Kind::Quota, "a channel has one stream key: delete it first");
        }
        let key = StreamKey::fresh(&channel.arn, input.tags);
        resources::put(transaction, &key)?;
        Ok(json!({ "streamKey": key }))
    })
}

pub(super) fn get(ivs: &Ivs, input: Named) -> anyhow::Result<Value> {
    let key: StreamKey = ivs.state.transact(|transaction| resources::need(transaction, &input.arn))?;
    Ok(json!({ "streamKey": key }))
}

pub(super) fn batch_get(ivs: &Ivs, input: NamedMany) -> anyhow::Result<Value> {
    let (keys, errors) = channels::batch::<StreamKey>(ivs, &input.arns)?;
    Ok(json!({ "streamKeys": keys, "errors": errors }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List {
    channel_arn: String,
    next_token: Option<String>,
    max_results: Option<i64>,
}

pub(super) fn list(ivs: &Ivs, input: List) -> anyhow::Result<Value> {
    let page = Page::ask(input.next_token.as_deref(), input.max_results, 50, 50)?;
    let (keys, next) = ivs.state.transact(|transaction| {
        resources::need::<Channel>(transaction, &input.channel_arn)?;
        resources::list::<StreamKey>(transaction, None, Some(&input.channel_arn), page)
    })?;
    let summary = |key: &StreamKey| json!({ "arn": key.arn, "channelArn": key.channel_arn, "tags": key.tags });
    Ok(json!({ "streamKeys": keys.iter().map(summary).collect::<Vec<_>>(), "nextToken": next }))
}

pub(super) fn delete(ivs: &Ivs, input: Named) -> anyhow::Result<Value> {
    ivs.state.transact(|transaction| {
        resources::need::<StreamKey>(transaction, &input.arn)?;
        resources::delete(transaction, &input.arn)?;
        Ok(json!({}))
    })
}
