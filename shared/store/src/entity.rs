//! How a value becomes an item: its attributes, its key, and what every item carries.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use skylark_domain::PortError;
use skylark_domain::account::{RefreshToken, User};
use skylark_domain::ids::UserId;
use skylark_domain::outbox::RecordedEvent;

use crate::error::corrupt;
use crate::keys::{self, Key};

/// An item of the table.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// What is stored as one item.
pub(crate) trait Entity: Serialize + DeserializeOwned + Send + Sync {
    /// The `Type` attribute.
    const TYPE: &'static str;

    /// Where it stands.
    fn key(&self) -> Key;

    /// When DynamoDB may delete it. Readers compare the time themselves.
    fn expires_at(&self) -> Option<Timestamp> {
        None
    }

    /// Attributes for the indexes.
    fn index(&self) -> Vec<(&'static str, AttributeValue)> {
        Vec::new()
    }
}

/// The schema version of every item.
const SCHEMA: &str = "1";

/// Writes an entity as an item.
pub(crate) fn to_item<E: Entity>(entity: &E) -> Result<Item, PortError> {
    let mut item: Item = serde_dynamo::to_item(entity).map_err(corrupt)?;
    let Key { pk, sk } = entity.key();
    item.insert(keys::PK.into(), AttributeValue::S(pk));
    item.insert(keys::SK.into(), AttributeValue::S(sk));
    item.insert("Type".into(), AttributeValue::S(E::TYPE.into()));
    item.insert("v".into(), AttributeValue::N(SCHEMA.into()));
    if let Some(at) = entity.expires_at() {
        item.insert(keys::TTL.into(), AttributeValue::N(at.as_second().to_string()));
    }
    item.extend(entity.index().into_iter().map(|(name, value)| (name.to_owned(), value)));
    Ok(item)
}

/// Reads an entity; an item that makes no sense is an error that names its key.
pub(crate) fn from_item<E: Entity>(item: Item) -> Result<E, PortError> {
    let key = format!("{:?} {:?}", item.get(keys::PK), item.get(keys::SK));
    serde_dynamo::from_item(item).map_err(|error| corrupt(format!("{} at {key}: {error}", E::TYPE)))
}

impl Entity for User {
    const TYPE: &'static str = "User";

    fn key(&self) -> Key {
        keys::user(self.id)
    }
}

impl Entity for RefreshToken {
    const TYPE: &'static str = "RefreshToken";

    fn key(&self) -> Key {
        keys::refresh_token(self.user_id, &self.digest)
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

/// Holds a unique name for a user.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UniqueName {
    #[serde(skip)]
    key: Option<(String, String)>,
    pub(crate) user_id: UserId,
}

impl UniqueName {
    pub(crate) fn new(key: Key, user_id: UserId) -> Self {
        Self { key: Some((key.pk, key.sk)), user_id }
    }
}

impl Entity for UniqueName {
    const TYPE: &'static str = "UniqueName";

    fn key(&self) -> Key {
        let (pk, sk) = self.key.clone().unwrap_or_default();
        Key { pk, sk }
    }
}

impl Entity for RecordedEvent {
    const TYPE: &'static str = "Event";

    fn key(&self) -> Key {
        keys::event(&self.aggregate, self.version)
    }
}

/// The public keys as one JSON text.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PublishedKeys {
    pub(crate) jwks: String,
}

impl Entity for PublishedKeys {
    const TYPE: &'static str = "PublicKeys";

    fn key(&self) -> Key {
        keys::public_keys()
    }
}
