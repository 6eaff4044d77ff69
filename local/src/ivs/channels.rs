//! Channels.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::refusal::{Kind, refuse};
use super::resources::{self, Page, Resource, Tags};
use super::stream_keys::StreamKey;
use super::{Ivs, arn, checks, sessions};

/// AWS's quota.
const MAX_CHANNELS: u32 = 5_000;
const MOST_LISTED: usize = 100;

/// A channel as it is stored and, with its addresses, on the wire.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Channel {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) latency_mode: String,
    pub(super) r#type: String,
    pub(super) recording_configuration_arn: String,
    pub(super) authorized: bool,
    pub(super) insecure_ingest: bool,
    pub(super) preset: String,
    pub(super) container_format: String,
    pub(super) tags: Tags,
}

impl Resource for Channel {
    const KIND: &'static str = arn::CHANNEL;

    fn arn(&self) -> &str {
        &self.arn
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn parent(&self) -> &str {
        &self.recording_configuration_arn
    }
}

impl Channel {
    /// The id in its addresses.
    pub(super) fn id(&self) -> &str {
        arn::id(&self.arn)
    }

    /// The channel on the wire.
    pub(super) fn wire(&self, ivs: &Ivs) -> anyhow::Result<Value> {
        let mut wire = serde_json::to_value(self)?;
        wire["ingestEndpoint"] = json!(ivs.ingest_endpoint());
        wire["playbackUrl"] = json!(ivs.playback_url(self.id()));
        wire["playbackRestrictionPolicyArn"] = json!("");
        Ok(wire)
    }

    fn summary(&self) -> Value {
        json!({
            "arn": self.arn,
            "name": self.name,
            "latencyMode": self.latency_mode,
            "type": self.r#type,
            "authorized": self.authorized,
            "insecureIngest": self.insecure_ingest,
            "preset": self.preset,
            "recordingConfigurationArn": self.recording_configuration_arn,
            "playbackRestrictionPolicyArn": "",
            "tags": self.tags,
        })
    }

    fn check(&self) -> anyhow::Result<()> {
        checks::name(&self.name)?;
        checks::tags(&self.tags)?;
        checks::one_of("type", &self.r#type, &["BASIC", "STANDARD", "ADVANCED_SD", "ADVANCED_HD"])?;
        checks::one_of("latencyMode", &self.latency_mode, &["NORMAL", "LOW"])?;
        checks::one_of("containerFormat", &self.container_format, &["TS", "FRAGMENTED_MP4"])?;
        let is_advanced = self.r#type.starts_with("ADVANCED");
        match self.preset.as_str() {
            "" => Ok(()),
            "HIGHER_BANDWIDTH_DELIVERY" | "CONSTRAINED_BANDWIDTH_DELIVERY" if is_advanced => Ok(()),
            _ => refuse(Kind::Validation, "preset is for ADVANCED_SD and ADVANCED_HD"),
        }
    }
}

/// What CreateChannel and UpdateChannel may say. A setting that is not played here is refused, not forgotten.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Wanted {
    arn: Option<String>,
    name: Option<String>,
    latency_mode: Option<String>,
    r#type: Option<String>,
    recording_configuration_arn: Option<String>,
    authorized: Option<bool>,
    insecure_ingest: Option<bool>,
    preset: Option<String>,
    container_format: Option<String>,
    playback_restriction_policy_arn: Option<String>,
    tags: Option<Tags>,
}

impl Wanted {
    fn apply(self, channel: &mut Channel) -> anyhow::Result<()> {
        if self.playback_restriction_policy_arn.is_some_and(|arn| !arn.is_empty()) {
            return refuse(Kind::Validation, "the local cloud has no playback restriction policies");
        }
        let set = |field: &mut String, value: Option<String>| {
            if let Some(value) = value {
                *field = value;
            }
        };
        set(&mut channel.name, self.name);
        set(&mut channel.latency_mode, self.latency_mode);
        let is_other_type = self.r#type.as_ref().is_some_and(|wanted| *wanted != channel.r#type);
        set(&mut channel.r#type, self.r#type);
        if is_other_type || channel.preset.is_empty() {
            let advanced = channel.r#type.starts_with("ADVANCED");
            channel.preset = if advanced { "HIGHER_BANDWIDTH_DELIVERY".into() } else { String::new() };
        }
        set(&mut channel.preset, self.preset);
        set(&mut channel.recording_configuration_arn, self.recording_configuration_arn);
        set(&mut channel.container_format, self.container_format);
        channel.authorized = self.authorized.unwrap_or(channel.authorized);
        channel.insecure_ingest = self.insecure_ingest.unwrap_or(channel.insecure_ingest);
        channel.tags = self.tags.unwrap_or_else(|| std::mem::take(&mut channel.tags));
        channel.check()
    }
}

fn check_recording(transaction: &rusqlite::Transaction<'_>, channel: &Channel) -> anyhow::Result<()> {
    if channel.recording_configuration_arn.is_empty() {
        return Ok(());
    }
    let arn = &channel.recording_configuration_arn;
    resources::need::<super::recording_configurations::RecordingConfiguration>(transaction, arn).map(|_| ())
}

pub(super) fn create(ivs: &Ivs, input: Wanted) -> anyhow::Result<Value> {
    let mut channel = Channel {
        arn: arn::fresh(arn::CHANNEL),
        name: String::new(),
        latency_mode: "LOW".into(),
        r#type: "STANDARD".into(),
        recording_configuration_arn: String::new(),
        authorized: false,
        insecure_ingest: false,
        preset: String::new(),
        container_format: "TS".into(),
        tags: Tags::new(),
    };
    input.apply(&mut channel)?;
    let key = StreamKey::fresh(&channel.arn, channel.tags.clone());
    ivs.state.transact(|transaction| {
        if resources::count::<Channel>(transaction, None)? >= MAX_CHANNELS {
            return refuse(Kind::Quota, format!("there are {MAX_CHANNELS} channels"));
        }
        check_recording(transaction, &channel)?;
        resources::put(transaction, &channel)?;
        resources::put(transaction, &key)
    })?;
    Ok(json!({ "channel": channel.wire(ivs)?, "streamKey": key }))
}

/// The call names one resource.
#[derive(Deserialize)]
pub(super) struct Named {
    pub(super) arn: String,
}

/// The call names several resources.
#[derive(Deserialize)]
pub(super) struct NamedMany {
    pub(super) arns: Vec<String>,
}

pub(super) fn get(ivs: &Ivs, input: Named) -> anyhow::Result<Value> {
    let channel: Channel = ivs.state.transact(|transaction| resources::need(transaction, &input.arn))?;
    Ok(json!({ "channel": channel.wire(ivs)? }))
}

/// What a batch found, and AWS's note for each that is not there.
pub(super) fn batch<R: Resource>(ivs: &Ivs, arns: &[String]) -> anyhow::Result<(Vec<R>, Vec<Value>)> {
    checks::batch(arns)?;
    ivs.state.transact(|transaction| {
        let (mut found, mut errors) = (Vec::new(), Vec::new());
        for arn in arns {
            arn::check(R::KIND, arn)?;
            match resources::find(transaction, arn)? {
                Some(resource) => found.push(resource),
                None => errors.push(json!({
                    "arn": arn, "code": Kind::NotFound.wire().1, "message": "the resource does not exist"
                })),
            }
        }
        Ok((found, errors))
    })
}

pub(super) fn batch_get(ivs: &Ivs, input: NamedMany) -> anyhow::Result<Value> {
    let (found, errors) = batch::<Channel>(ivs, &input.arns)?;
    let channels = found.iter().map(|channel| channel.wire(ivs)).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(json!({ "channels": channels, "errors": errors }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List {
    filter_by_name: Option<String>,
    filter_by_recording_configuration_arn: Option<String>,
    filter_by_playback_restriction_policy_arn: Option<String>,
    next_token: Option<String>,
    max_results: Option<i64>,
}

pub(super) fn list(ivs: &Ivs, input: List) -> anyhow::Result<Value> {
    if input.filter_by_playback_restriction_policy_arn.is_some() {
        return refuse(Kind::Validation, "the local cloud has no playback restriction policies");
    }
    let (name, recording) = (input.filter_by_name, input.filter_by_recording_configuration_arn);
    if name.is_some() && recording.is_some() {
        return refuse(Kind::Validation, "one filter at most is allowed");
    }
    let page = Page::ask(input.next_token.as_deref(), input.max_results, MOST_LISTED, MOST_LISTED)?;
    let (channels, next) = ivs
        .state
        .transact(|transaction| resources::list::<Channel>(transaction, name.as_deref(), recording.as_deref(), page))?;
    let channels: Vec<Value> = channels.iter().map(Channel::summary).collect();
    Ok(json!({ "channels": channels, "nextToken": next }))
}

pub(super) fn update(ivs: &Ivs, input: Wanted) -> anyhow::Result<Value> {
    let Some(arn) = input.arn.clone() else { return refuse(Kind::Validation, "arn is missing") };
    if input.tags.is_some() {
        return refuse(Kind::Validation, "tags are changed by TagResource");
    }
    let channel = ivs.state.transact(|transaction| {
        let mut channel: Channel = resources::need(transaction, &arn)?;
        refuse_live(transaction, &arn)?;
        input.apply(&mut channel)?;
        check_recording(transaction, &channel)?;
        resources::put(transaction, &channel)?;
        Ok(channel)
    })?;
    Ok(json!({ "channel": channel.wire(ivs)? }))
}

pub(super) fn delete(ivs: &Ivs, input: Named) -> anyhow::Result<Value> {
    ivs.state.transact(|transaction| {
        resources::need::<Channel>(transaction, &input.arn)?;
        refuse_live(transaction, &input.arn)?;
        resources::delete(transaction, &input.arn)?;
        transaction.execute(
            "DELETE FROM ivs_resources WHERE kind = ?1 AND parent = ?2",
            rusqlite::params![arn::STREAM_KEY, input.arn],
        )?;
        Ok(json!({}))
    })
}

/// What an encoder is using cannot change.
fn refuse_live(transaction: &rusqlite::Transaction<'_>, arn: &str) -> anyhow::Result<()> {
    if sessions::is_live(transaction, arn)? {
        return refuse(Kind::Conflict, "the channel is broadcasting");
    }
    Ok(())
}

/// A channel for tests.
#[cfg(test)]
pub(super) fn sample() -> Channel {
    Channel {
        arn: arn::fresh(arn::CHANNEL),
        name: "sample".into(),
        latency_mode: "LOW".into(),
        r#type: "BASIC".into(),
        recording_configuration_arn: String::new(),
        authorized: false,
        insecure_ingest: false,
        preset: String::new(),
        container_format: "TS".into(),
        tags: Tags::new(),
    }
}
