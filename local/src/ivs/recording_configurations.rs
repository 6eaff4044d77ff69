//! Recording configurations: where the recordings of channels go. They do not change.

use rusqlite::Transaction;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::channels::{Channel, Named};
use super::refusal::{Kind, refuse};
use super::resources::{self, Page, Resource, Tags};
use super::{Ivs, arn, checks};

/// AWS's quota.
const MAX_CONFIGURATIONS: u32 = 20;

/// A recording configuration as it is stored and on the wire.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RecordingConfiguration {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) destination_configuration: Destination,
    pub(super) state: String,
    pub(super) tags: Tags,
    pub(super) thumbnail_configuration: Thumbnails,
    pub(super) recording_reconnect_window_seconds: u32,
    pub(super) rendition_configuration: Renditions,
}

/// The bucket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Destination {
    pub(super) s3: BucketName,
}

/// Its name.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BucketName {
    pub(super) bucket_name: String,
}

/// Which thumbnails are made.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Thumbnails {
    pub(super) recording_mode: String,
    pub(super) target_interval_seconds: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resolution: Option<String>,
    pub(super) storage: Vec<String>,
}

impl Default for Thumbnails {
    fn default() -> Self {
        let storage = vec!["SEQUENTIAL".to_owned()];
        Self { recording_mode: "INTERVAL".into(), target_interval_seconds: 60, resolution: None, storage }
    }
}

/// Which renditions are recorded.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Renditions {
    pub(super) rendition_selection: String,
    pub(super) renditions: Vec<String>,
}

impl Default for Renditions {
    fn default() -> Self {
        Self { rendition_selection: "ALL".into(), renditions: Vec::new() }
    }
}

impl Resource for RecordingConfiguration {
    const KIND: &'static str = arn::RECORDING_CONFIGURATION;

    fn arn(&self) -> &str {
        &self.arn
    }

    fn name(&self) -> &str {
        &self.name
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Create {
    #[serde(default)]
    name: String,
    destination_configuration: Destination,
    #[serde(default)]
    tags: Tags,
    #[serde(default)]
    thumbnail_configuration: Thumbnails,
    #[serde(default)]
    recording_reconnect_window_seconds: u32,
    #[serde(default)]
    rendition_configuration: Renditions,
}

impl Create {
    fn check(self, arn: String, ivs: &Ivs) -> anyhow::Result<RecordingConfiguration> {
        checks::name(&self.name)?;
        checks::tags(&self.tags)?;
        let thumbnails = &self.thumbnail_configuration;
        checks::one_of("recordingMode", &thumbnails.recording_mode, &["INTERVAL", "DISABLED"])?;
        if !(1..=60).contains(&thumbnails.target_interval_seconds) {
            return refuse(Kind::Validation, "targetIntervalSeconds is 1 to 60");
        }
        if let Some(resolution) = &thumbnails.resolution {
            checks::one_of("resolution", resolution, &["SD", "HD", "FULL_HD", "LOWEST_RESOLUTION"])?;
        }
        for storage in &thumbnails.storage {
            checks::one_of("storage", storage, &["SEQUENTIAL", "LATEST"])?;
        }
        checks::one_of(
            "renditionSelection",
            &self.rendition_configuration.rendition_selection,
            &["ALL", "NONE", "CUSTOM"],
        )?;
        if self.recording_reconnect_window_seconds != 0 {
            return refuse(Kind::Validation, "the local cloud does not merge recordings: the reconnect window is 0");
        }
        let bucket = &self.destination_configuration.s3.bucket_name;
        if !ivs.objects.buckets().contains_key(bucket) {
            return refuse(Kind::Validation, format!("there is no bucket {bucket}"));
        }
        Ok(RecordingConfiguration {
            arn,
            name: self.name,
            destination_configuration: self.destination_configuration,
            state: "ACTIVE".into(),
            tags: self.tags,
            thumbnail_configuration: self.thumbnail_configuration,
            recording_reconnect_window_seconds: self.recording_reconnect_window_seconds,
            rendition_configuration: self.rendition_configuration,
        })
    }
}

pub(super) fn create(ivs: &Ivs, input: Create) -> anyhow::Result<Value> {
    let configuration = input.check(arn::fresh(arn::RECORDING_CONFIGURATION), ivs)?;
    ivs.state.transact(|transaction| {
        if resources::count::<RecordingConfiguration>(transaction, None)? >= MAX_CONFIGURATIONS {
            return refuse(Kind::Quota, format!("there are {MAX_CONFIGURATIONS} recording configurations"));
        }
        resources::put(transaction, &configuration)
    })?;
    Ok(json!({ "recordingConfiguration": configuration }))
}

/// Makes the configuration that the template asks for, or brings it up to date.
///
/// # Errors
/// When it is none.
pub(super) fn ensure(ivs: &Ivs, arn: &str, wanted: &Value) -> anyhow::Result<()> {
    let input: Create = serde_json::from_value(wanted.clone())?;
    let configuration = input.check(arn.to_owned(), ivs)?;
    ivs.state.transact(|transaction| resources::put(transaction, &configuration))
}

pub(super) fn get(ivs: &Ivs, input: Named) -> anyhow::Result<Value> {
    let found: RecordingConfiguration = ivs.state.transact(|transaction| resources::need(transaction, &input.arn))?;
    Ok(json!({ "recordingConfiguration": found }))
}

/// The call asks for a page.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pages {
    pub(super) next_token: Option<String>,
    pub(super) max_results: Option<i64>,
}

pub(super) fn list(ivs: &Ivs, input: Pages) -> anyhow::Result<Value> {
    let page = Page::ask(input.next_token.as_deref(), input.max_results, 50, 100)?;
    let (found, next) =
        ivs.state.transact(|transaction| resources::list::<RecordingConfiguration>(transaction, None, None, page))?;
    let summary = |one: &RecordingConfiguration| {
        json!({
            "arn": one.arn, "name": one.name, "state": one.state, "tags": one.tags,
            "destinationConfiguration": one.destination_configuration,
        })
    };
    let found: Vec<Value> = found.iter().map(summary).collect();
    Ok(json!({ "recordingConfigurations": found, "nextToken": next }))
}

pub(super) fn delete(ivs: &Ivs, input: Named) -> anyhow::Result<Value> {
    ivs.state.transact(|transaction| {
        resources::need::<RecordingConfiguration>(transaction, &input.arn)?;
        if is_used(transaction, &input.arn)? {
            return refuse(Kind::Conflict, "a channel uses the recording configuration");
        }
        resources::delete(transaction, &input.arn)?;
        Ok(json!({}))
    })
}

fn is_used(transaction: &Transaction<'_>, arn: &str) -> anyhow::Result<bool> {
    Ok(resources::count::<Channel>(transaction, Some(arn))? > 0)
}
