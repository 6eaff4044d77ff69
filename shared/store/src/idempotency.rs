//! Records of named commands.

use async_trait::async_trait;
use jiff::Timestamp;
use skylark_domain::PortError;
use skylark_domain::idempotency::Done;
use skylark_domain::ids::UserId;
use skylark_domain::ports::Idempotency;

use crate::entity::Entity;
use crate::keys::{self, Key};
use crate::table::{Table, Write};

impl Entity for Done {
    const TYPE: &'static str = "Idempotency";

    fn key(&self) -> Key {
        keys::idempotency(self.user_id, &self.key)
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

#[async_trait]
impl Idempotency for Table {
    async fn done(&self, user: UserId, key: &str) -> Result<Option<Done>, PortError> {
        self.get(keys::idempotency(user, key)).await
    }

    async fn note(&self, done: Done) -> Result<(), PortError> {
        // Refused means that it is there, which is what is wanted.
        self.transact(vec![Write::create_or_expired(&done, Timestamp::now())]).await.map(|_| ())
    }
}
