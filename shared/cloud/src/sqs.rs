//! SQS: messages to ourselves that come later.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_types::SdkConfig;
use skylark_domain::ports::{Nudge, Nudges};
use skylark_domain::{PortError, PortErrorKind};

use crate::error::port_error;

const PORT: &str = "nudges";

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
}

#[async_trait]
impl Nudges for Queue {
    async fn send(&self, nudge: &Nudge, delay: Duration) -> Result<(), PortError> {
        let body = serde_json::to_string(nudge).map_err(|error| PortError::new(PORT, PortErrorKind::Corrupt, error))?;
        let seconds = i32::try_from(delay.as_secs()).unwrap_or(i32::MAX);
        let sent = self.client.send_message().queue_url(&self.url).message_body(body).delay_seconds(seconds).send();
        sent.await.map(|_| ()).map_err(|error| port_error(PORT, error))
    }
}
