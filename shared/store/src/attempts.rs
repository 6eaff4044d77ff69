//! Counted tries, in windows that begin with the first.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use skylark_domain::ports::{Attempts, Window};
use skylark_domain::{PortError, PortErrorKind};

use crate::entity::Item;
use crate::error::corrupt;
use crate::keys;
use crate::table::{Expression, Table};

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tries {
    tries: u32,
    ends_at: i64,
}

#[async_trait]
impl Attempts for Table {
    async fn add(&self, subject: &str, window: SignedDuration, now: Timestamp) -> Result<Window, PortError> {
        let number = |value: i64| AttributeValue::N(value.to_string());
        // Either a window is open and is counted in, or none is and one is opened. Between the two another caller may
        // have opened or ended one, hence the second round.
        for _ in 0..3 {
            let counted = Expression::new("ADD tries :one", "endsAt > :now")
                .value(":one", number(1))
                .value(":now", number(now.as_second()));
            if let Some(item) = self.update(keys::rate(subject), counted).await? {
                return window_of(item);
            }
            let ends_at = (now + window).as_second();
            let opened = Expression::new(
                "SET tries = :one, endsAt = :end, #ttl = :end",
                "attribute_not_exists(#pk) OR endsAt <= :now",
            )
            .name("#pk", keys::PK)
            .name("#ttl", keys::TTL)
            .value(":one", number(1))
            .value(":end", number(ends_at))
            .value(":now", number(now.as_second()));
            if let Some(item) = self.update(keys::rate(subject), opened).await? {
                return window_of(item);
            }
        }
        Err(PortError::new("attempts", PortErrorKind::Throttled, "a window opened and ended at the same time"))
    }

    async fn forget(&self, subject: &str) -> Result<(), PortError> {
        self.delete(keys::rate(subject)).await
    }
}

fn window_of(item: Item) -> Result<Window, PortError> {
    let tries: Tries = serde_dynamo::from_item(item).map_err(corrupt)?;
    Ok(Window { count: tries.tries, ends_at: Timestamp::from_second(tries.ends_at).map_err(corrupt)? })
}
