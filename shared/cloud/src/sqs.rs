//! SQS: messages to ourselves that come later.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_types::SdkConfig;
use serde::Serialize;
use skylark_domain::ports::{CountDue, LateCounts, Nudge, Nudges};
use skylark_domain::{PortError, PortErrorKind};

use crate::error::port_error;

const PORT: &str = "queue";

/// A queue.
#[derive(Clone)]
pub struct Queue {
    client: Client,
    url: String,
}

impl Queue {
    /// The queue at `url` in the region and at the endpoint of `config`.
    pub fn new(config: &SdkConfig, url: String) -> Self {
        Self { client: Client::new(config), url }
    }

    async fn send_later(&self, message: &impl Serialize, seconds: u64) -> Result<(), PortError> {
        let body =
            serde_json::to_string(message).map_err(|error| PortError::new(PORT, PortErrorKind::Corrupt, error))?;
        let seconds = i32::try_from(seconds).unwrap_or(i32::MAX);
        let sent = self.client.send_message().queue_url(&self.url).message_body(body).delay_seconds(seconds).send();
        sent.await.map(|_| ()).map_err(|error| port_error(PORT, error))
    }
}

#[async_trait]
impl Nudges for Queue {
    async fn send(&self, nudge: &Nudge, delay: Duration) -> Result<(), PortError> {
        self.send_later(nudge, delay.as_secs()).await
    }
}

#[async_trait]
impl LateCounts for Queue {
    async fn send(&self, due: &CountDue, delay: Duration) -> Result<(), PortError> {
        self.send_later(due, delay.as_millis().div_ceil(1000) as u64).await
    }
}
