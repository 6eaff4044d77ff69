//! Reads and writes of many items, and single writes that answer what stood there before.

use std::time::Duration;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, DeleteRequest, ReturnValue, ReturnValuesOnConditionCheckFailure, Select, WriteRequest,
};
use skylark_domain::{PortError, PortErrorKind};

use super::{Expression, Table, between, key_item};
use crate::entity::Item;
use crate::error::{corrupt, port_error};
use crate::keys::{self, Key};

/// Items of one BatchWriteItem.
const BATCH: usize = 25;
/// How often a batch is sent that DynamoDB did a part of only.
pub(super) const MAX_ROUNDS: u32 = 8;
/// The pause before the second of these; it doubles.
const PAUSE: Duration = Duration::from_millis(25);

/// What was left over was too much at once: it is sent again after a growing pause.
pub(super) async fn pause_before(round: u32) {
    if round > 0 {
        tokio::time::sleep(PAUSE * 2u32.pow(round - 1)).await;
    }
}

pub(super) fn never_whole() -> PortError {
    PortError::new("table", PortErrorKind::Throttled, "a batch was never done whole")
}

impl Table {
    /// Every item of a partition whose sort key begins with `prefix`, strongly consistent, in order.
    pub(crate) async fn query_items(&self, partition: String, prefix: &str) -> Result<Vec<Item>, PortError> {
        self.all(self.query_below(partition, prefix)).await
    }

    /// How many these are. They are read and paid for, but do not travel.
    pub(crate) async fn count(&self, partition: String, prefix: &str) -> Result<u32, PortError> {
        let mut pages = self.query_below(partition, prefix).select(Select::Count).into_paginator().send();
        let mut count = 0;
        while let Some(page) = pages.next().await {
            count += page.map_err(port_error)?.count;
        }
        u32::try_from(count).map_err(corrupt)
    }

    /// The last items of a partition whose sort keys lie between two others, these included, last first, at most `limit`.
    pub(crate) async fn query_back(
        &self,
        partition: String,
        above: String,
        below: String,
        limit: usize,
        strongly: bool,
    ) -> Result<Vec<Item>, PortError> {
        let query = self.query_of(keys::PK, partition).consistent_read(strongly).scan_index_forward(false);
        self.take(between(query, keys::SK, above, below), limit).await
    }

    /// Deletes items; those that are not there are no error.
    pub(crate) async fn delete_items(&self, keys: Vec<Key>) -> Result<(), PortError> {
        for some in keys.chunks(BATCH) {
            let mut wanted = Vec::with_capacity(some.len());
            for key in some {
                let request = DeleteRequest::builder().set_key(Some(key_item(key.clone()))).build().map_err(corrupt)?;
                wanted.push(WriteRequest::builder().delete_request(request).build());
            }
            for round in 0..MAX_ROUNDS {
                if wanted.is_empty() {
                    break;
                }
                pause_before(round).await;
                let answer = self.client.batch_write_item().request_items(&self.name, wanted).send().await;
                let left = answer.map_err(port_error)?.unprocessed_items.unwrap_or_default().remove(&self.name);
                wanted = left.unwrap_or_default();
            }
            if !wanted.is_empty() {
                return Err(never_whole());
            }
        }
        Ok(())
    }

    /// Applies one update if its condition holds. Answers the item as it was: `Ok` when it was changed, `Err` when the
    /// condition did not hold.
    pub(crate) async fn update_old(
        &self,
        key: Key,
        change: Expression,
    ) -> Result<Result<Item, Option<Item>>, PortError> {
        let update = self.update_of(key, change).return_values(ReturnValue::AllOld);
        let answer =
            update.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld).send().await;
        match answer {
            Ok(answer) => Ok(Ok(answer.attributes.unwrap_or_default())),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => Ok(Err(failed.item().cloned())),
                _ => Err(port_error(error)),
            },
        }
    }

    fn query_below(&self, partition: String, prefix: &str) -> QueryFluentBuilder {
        self.query_of(keys::PK, partition)
            .consistent_read(true)
            .key_condition_expression("#pk = :pk AND begins_with(#sk, :prefix)")
            .expression_attribute_names("#sk", keys::SK)
            .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()))
    }
}
