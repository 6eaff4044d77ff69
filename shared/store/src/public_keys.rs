//! The public keys that verify access tokens.

use async_trait::async_trait;
use skylark_domain::PortError;
use skylark_domain::ports::PublicKeys;

use crate::entity::PublishedKeys;
use crate::keys;
use crate::table::Table;

#[async_trait]
impl PublicKeys for Table {
    async fn published(&self) -> Result<Option<String>, PortError> {
        Ok(self.get::<PublishedKeys>(keys::public_keys()).await?.map(|keys| keys.jwks))
    }

    async fn publish(&self, jwks: &str) -> Result<(), PortError> {
        self.put(&PublishedKeys { jwks: jwks.to_owned() }).await
    }
}
