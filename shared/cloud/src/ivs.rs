//! IVS: channels, stream keys, live streams, and the tokens of private playback.

mod playback;

use async_trait::async_trait;
use aws_sdk_ivs::Client;
use aws_sdk_ivs::primitives::DateTime;
use aws_sdk_ivs::types::{Channel, ChannelLatencyMode, ChannelType, ContainerFormat};
use aws_types::SdkConfig;
use jiff::Timestamp;
use secrecy::SecretString;
use skylark_domain::channel::{self, LatencyMode, Options, Provider};
use skylark_domain::error::PROVIDER;
use skylark_domain::ports::{Applied, Cut, LiveChannel, LiveProvider, NewChannel, StreamKey};
use skylark_domain::{PortError, PortErrorKind};

use self::playback::Signer;
use crate::error::port_error;

/// The tag by which channels that were made here are known: its value is the installation's recording configuration.
const TAG: &str = "skylark-installation";

/// The service.
pub struct Ivs {
    client: Client,
    recording_configuration: String,
    signer: Option<Signer>,
}

impl Ivs {
    /// The service in the region and at the endpoint of `config`; channels that record do so by this configuration.
    pub fn new(config: &SdkConfig, recording_configuration: String) -> Self {
        Self { client: Client::new(config), recording_configuration, signer: None }
    }

    /// With the secret whose key signs playback tokens.
    ///
    /// # Errors
    /// When no key can be made of it.
    pub fn signing(self, secret: &SecretString) -> Result<Self, PortError> {
        Ok(Self { signer: Some(Signer::new(secret)?), ..self })
    }

    fn recording(&self, options: &Options) -> String {
        if options.recording { self.recording_configuration.clone() } else { String::new() }
    }

    async fn key_arns(&self, channel_arn: &str) -> Result<Vec<String>, PortError> {
        let listed = self.client.list_stream_keys().channel_arn(channel_arn).send().await;
        let listed = listed.map_err(|error| port_error(PROVIDER, error))?;
        Ok(listed.stream_keys().iter().filter_map(|key| key.arn().map(str::to_owned)).collect())
    }

    /// Makes the public half of the key known that signs playback tokens; once for each process.
    async fn import_key(&self, signer: &Signer) -> Result<(), PortError> {
        if signer.is_imported() {
            return Ok(());
        }
        let mut pages = self.client.list_playback_key_pairs().into_paginator().send();
        let mut is_there = false;
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| port_error(PROVIDER, error))?;
            is_there |= page.key_pairs().iter().any(|pair| pair.name() == Some(signer.name()));
        }
        if !is_there {
            let import = self.client.import_playback_key_pair().name(signer.name());
            match import.public_key_material(signer.public_key()).send().await {
                Ok(_) => {}
                // Another process was quicker.
                Err(error) if error.as_service_error().is_some_and(|error| error.is_conflict_exception()) => {}
                Err(error) => return Err(port_error(PROVIDER, error)),
            }
        }
        signer.note_imported();
        Ok(())
    }
}

#[async_trait]
impl LiveProvider for Ivs {
    async fn create_channel(&self, name: &str, options: &Options) -> Result<NewChannel, PortError> {
        let answer = self
            .client
            .create_channel()
            .name(name)
            .r#type(kind(options.channel_type))
            .latency_mode(latency(options.latency_mode))
            .authorized(options.authorized)
            .recording_configuration_arn(self.recording(options))
            // What is recorded then is CMAF, as what is played.
            .container_format(ContainerFormat::FragmentedMp4)
            .tags(TAG, &self.recording_configuration)
            .send()
            .await;
        let answer = answer.map_err(|error| {
            let is_full = error.as_service_error().is_some_and(|error| error.is_service_quota_exceeded_exception());
            let error = port_error(PROVIDER, error);
            if is_full { PortError { kind: PortErrorKind::LimitReached, ..error } } else { error }
        })?;
        let key = answer.stream_key.and_then(|key| key.value).map(StreamKey);
        Ok(NewChannel { provider: provider(answer.channel)?, key })
    }

    async fn find_channel(&self, name: &str) -> Result<Option<NewChannel>, PortError> {
        let listed = self.client.list_channels().filter_by_name(name).send().await;
        let listed = listed.map_err(|error| port_error(PROVIDER, error))?;
        // The same for everybody who looks.
        let Some(arn) = listed.channels().iter().filter_map(|channel| channel.arn()).min() else { return Ok(None) };
        let answer = self.client.get_channel().arn(arn).send().await.map_err(|error| port_error(PROVIDER, error))?;
        Ok(Some(NewChannel { provider: provider(answer.channel)?, key: self.stream_key(arn).await? }))
    }

    async fn list_channels(&self) -> Result<Vec<(String, String)>, PortError> {
        let mut pages = self.client.list_channels().into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            for channel in page.map_err(|error| port_error(PROVIDER, error))?.channels {
                if let (Some(arn), Some(name)) = (channel.arn, channel.name)
                    && channel.tags.is_some_and(|tags| tags.get(TAG) == Some(&self.recording_configuration))
                {
                    found.push((arn, name));
                }
            }
        }
        Ok(found)
    }

    async fn update_channel(&self, arn: &str, options: &Options) -> Result<Applied, PortError> {
        let answer = self
            .client
            .update_channel()
            .arn(arn)
            .r#type(kind(options.channel_type))
            .latency_mode(latency(options.latency_mode))
            .authorized(options.authorized)
            .recording_configuration_arn(self.recording(options))
            .send()
            .await;
        match answer {
            Ok(_) => Ok(Applied::Done),
            Err(error) if error.as_service_error().is_some_and(|error| error.is_conflict_exception()) => {
                Ok(Applied::ChannelLive)
            }
            Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_not_found_exception()) => {
                Ok(Applied::NoChannel)
            }
            Err(error) => Err(port_error(PROVIDER, error)),
        }
    }

    async fn delete_channel(&self, arn: &str) -> Result<Applied, PortError> {
        match self.client.delete_channel().arn(arn).send().await {
            Ok(_) => Ok(Applied::Done),
            Err(error) if error.as_service_error().is_some_and(|error| error.is_conflict_exception()) => {
                Ok(Applied::ChannelLive)
            }
            Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_not_found_exception()) => {
                Ok(Applied::NoChannel)
            }
            Err(error) => Err(port_error(PROVIDER, error)),
        }
    }

    async fn stream_key(&self, arn: &str) -> Result<Option<StreamKey>, PortError> {
        let Some(key_arn) = self.key_arns(arn).await?.into_iter().next() else { return Ok(None) };
        match self.client.get_stream_key().arn(key_arn).send().await {
            Ok(answer) => Ok(answer.stream_key.and_then(|key| key.value).map(StreamKey)),
            Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_not_found_exception()) => {
                Ok(None)
            }
            Err(error) => Err(port_error(PROVIDER, error)),
        }
    }

    async fn replace_key(&self, arn: &str) -> Result<StreamKey, PortError> {
        for key_arn in self.key_arns(arn).await? {
            match self.client.delete_stream_key().arn(key_arn).send().await {
                Ok(_) => {}
                Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_not_found_exception()) => {
                }
                Err(error) => return Err(port_error(PROVIDER, error)),
            }
        }
        let made = match self.client.create_stream_key().channel_arn(arn).send().await {
            Ok(answer) => answer.stream_key.and_then(|key| key.value).map(StreamKey),
            // There is one already: made by a call whose answer was lost, or by somebody else a moment ago.
            Err(error) if error.as_service_error().is_some_and(|error| error.is_service_quota_exceeded_exception()) => {
                self.stream_key(arn).await?
            }
            Err(error) => return Err(port_error(PROVIDER, error)),
        };
        made.ok_or_else(|| incomplete("the answer holds no key"))
    }

    async fn stop_stream(&self, arn: &str) -> Result<Cut, PortError> {
        match self.client.stop_stream().channel_arn(arn).send().await {
            Ok(_) => Ok(Cut::Done),
            Err(error)
                if error.as_service_error().is_some_and(|error| {
                    error.is_channel_not_broadcasting() || error.is_resource_not_found_exception()
                }) =>
            {
                Ok(Cut::NotLive)
            }
            Err(error) => Err(port_error(PROVIDER, error)),
        }
    }

    async fn live_channels(&self) -> Result<Vec<LiveChannel>, PortError> {
        let mut pages = self.client.list_streams().into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            for stream in page.map_err(|error| port_error(PROVIDER, error))?.streams {
                let (Some(channel_arn), Some(ingest_id)) = (stream.channel_arn, stream.stream_id) else { continue };
                found.push(LiveChannel {
                    channel_arn,
                    ingest_id,
                    started_at: stream.start_time.as_ref().map(time).transpose()?.unwrap_or_default(),
                    // -1 when it could not be counted in time.
                    viewers: u32::try_from(stream.viewer_count).ok(),
                });
            }
        }
        Ok(found)
    }

    async fn session_end(&self, arn: &str, ingest_id: &str) -> Result<Option<Timestamp>, PortError> {
        match self.client.get_stream_session().channel_arn(arn).stream_id(ingest_id).send().await {
            Ok(answer) => answer.stream_session.and_then(|session| session.end_time).as_ref().map(time).transpose(),
            Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_not_found_exception()) => {
                Ok(None)
            }
            Err(error) => Err(port_error(PROVIDER, error)),
        }
    }

    async fn playback_token(&self, arn: &str, until: Timestamp) -> Result<String, PortError> {
        let Some(signer) = &self.signer else {
            return Err(PortError::new(PROVIDER, PortErrorKind::Rejected, "there is no key for playback tokens"));
        };
        self.import_key(signer).await?;
        signer.sign(arn, until)
    }
}

fn provider(channel: Option<Channel>) -> Result<Provider, PortError> {
    let channel = channel.ok_or_else(|| incomplete("the answer holds no channel"))?;
    Ok(Provider {
        channel_arn: channel.arn.unwrap_or_default(),
        ingest_endpoint: channel.ingest_endpoint.unwrap_or_default(),
        playback_url: channel.playback_url.unwrap_or_default(),
    })
}

/// A cut off answer may read as an empty one.
fn incomplete(what: &'static str) -> PortError {
    PortError::new(PROVIDER, PortErrorKind::Unavailable, what)
}

fn time(at: &DateTime) -> Result<Timestamp, PortError> {
    let milliseconds = at.to_millis().map_err(|error| PortError::new(PROVIDER, PortErrorKind::Corrupt, error))?;
    Timestamp::from_millisecond(milliseconds).map_err(|error| PortError::new(PROVIDER, PortErrorKind::Corrupt, error))
}

fn kind(kind: channel::ChannelType) -> ChannelType {
    match kind {
        channel::ChannelType::Basic => ChannelType::BasicChannelType,
        channel::ChannelType::Standard => ChannelType::StandardChannelType,
    }
}

fn latency(mode: LatencyMode) -> ChannelLatencyMode {
    match mode {
        LatencyMode::Low => ChannelLatencyMode::LowLatency,
        LatencyMode::Normal => ChannelLatencyMode::NormalLatency,
    }
}
