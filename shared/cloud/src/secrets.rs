//! Secrets Manager.

use aws_sdk_secretsmanager::Client;
use aws_types::SdkConfig;
use secrecy::SecretString;
use skylark_domain::{PortError, PortErrorKind};

use crate::error::port_error;

/// Reads secrets.
#[derive(Clone)]
pub struct Secrets(Client);

impl Secrets {
    /// The secrets in the region and at the endpoint of `config`.
    pub fn new(config: &SdkConfig) -> Self {
        Self(Client::new(config))
    }

    /// The current text of a secret, by ARN or name.
    ///
    /// # Errors
    /// `Rejected` when it does not exist, is binary, or may not be read.
    pub async fn value(&self, id: &str) -> Result<SecretString, PortError> {
        let answer = self.0.get_secret_value().secret_id(id).send().await;
        let answer = answer.map_err(|error| port_error("secrets", error))?;
        let text = answer.secret_string;
        let text = text.ok_or_else(|| PortError::new("secrets", PortErrorKind::Rejected, "the secret is no text"))?;
        Ok(text.into())
    }
}
