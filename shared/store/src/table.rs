//! The one place where SDK builders stand: typed reads and writes of single items, and transactions.

mod bulk;

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, KeysAndAttributes, Put, ReturnValue, TransactWriteItem, Update};
use aws_types::SdkConfig;
use jiff::Timestamp;
use skylark_domain::PortError;
use skylark_domain::ports::Reachable;

use crate::entity::{Entity, Item, from_item, to_item};
use crate::error::{corrupt, is_condition_failed, port_error};
use crate::keys::{self, Key};

/// The table, and the repository ports of the domain. Cheap to clone.
#[derive(Clone)]
pub struct Table {
    client: Client,
    name: String,
}

impl Table {
    /// The table `name` in the region and at the endpoint of `config`.
    pub fn new(config: &SdkConfig, name: String) -> Self {
        Self { client: Client::new(config), name }
    }

    /// Reads one item, strongly consistent.
    pub(crate) async fn get<E: Entity>(&self, key: Key) -> Result<Option<E>, PortError> {
        self.get_item(key).await?.map(from_item).transpose()
    }

    /// The same, with every attribute.
    pub(crate) async fn get_item(&self, key: Key) -> Result<Option<Item>, PortError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(key_item(key)))
            .consistent_read(true)
            .send()
            .await
            .map_err(port_error)?;
        Ok(answer.item)
    }

    /// Reads at most 100 items in one call; those that are not there are left out.
    pub(crate) async fn get_items(&self, keys: Vec<Key>) -> Result<Vec<Item>, PortError> {
        let mut found = Vec::new();
        let mut wanted: Vec<Item> = keys.into_iter().map(key_item).collect();
        for round in 0..bulk::MAX_ROUNDS {
            if wanted.is_empty() {
                return Ok(found);
            }
            bulk::pause_before(round).await;
            let some = KeysAndAttributes::builder().set_keys(Some(wanted)).build().map_err(corrupt)?;
            let answer = self.client.batch_get_item().request_items(&self.name, some).send().await;
            let answer = answer.map_err(port_error)?;
            found.extend(answer.responses.unwrap_or_default().remove(&self.name).unwrap_or_default());
            let left = answer.unprocessed_keys.unwrap_or_default().remove(&self.name);
            wanted = left.map(|left| left.keys).unwrap_or_default();
        }
        if wanted.is_empty() { Ok(found) } else { Err(bulk::never_whole()) }
    }

    /// Writes one item, whatever stood there.
    pub(crate) async fn put<E: Entity>(&self, entity: &E) -> Result<(), PortError> {
        let item = to_item(entity)?;
        self.client.put_item().table_name(&self.name).set_item(Some(item)).send().await.map_err(port_error)?;
        Ok(())
    }

    /// Deletes one item; none is no error.
    pub(crate) async fn delete(&self, key: Key) -> Result<(), PortError> {
        self.client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(key_item(key)))
            .send()
            .await
            .map_err(port_error)?;
        Ok(())
    }

    /// Every item of a partition whose sort key begins with `prefix`, strongly consistent, in order.
    pub(crate) async fn query<E: Entity>(&self, partition: String, prefix: &str) -> Result<Vec<E>, PortError> {
        self.query_items(partition, prefix).await?.into_iter().map(from_item).collect()
    }

    /// The last items of a partition whose sort keys lie between two others, these included, last first, at most `limit`;
    /// strongly consistent.
    pub(crate) async fn query_last(
        &self,
        partition: String,
        above: String,
        below: String,
        limit: usize,
    ) -> Result<Vec<Item>, PortError> {
        self.query_back(partition, above, below, limit, true).await
    }

    /// The first items of a partition whose sort keys lie between two others, these included, at most `limit`; strongly
    /// consistent.
    pub(crate) async fn query_first(
        &self,
        partition: String,
        from: String,
        to: String,
        limit: usize,
    ) -> Result<Vec<Item>, PortError> {
        let query = self.query_of(keys::PK, partition).consistent_read(true);
        self.take(between(query, keys::SK, from, to), limit).await
    }

    /// The last items of a partition of GSI2 whose sort keys begin with `prefix`, last first, at most `limit`, before the
    /// sort key `before`.
    pub(crate) async fn query_index_last(
        &self,
        partition: String,
        prefix: String,
        before: Option<String>,
        limit: usize,
    ) -> Result<Vec<Item>, PortError> {
        let [pk, sk] = keys::GSI2;
        let below = before.clone().unwrap_or_else(|| format!("{prefix}~"));
        let query = self.query_of(pk, partition).index_name("GSI2").scan_index_forward(false);
        // The bound itself is part of the answer, and of the page before.
        let mut found = self.take(between(query, sk, prefix, below), limit + 1).await?;
        found.retain(|item| item.get(sk).and_then(|at| at.as_s().ok()) != before.as_ref());
        found.truncate(limit);
        Ok(found)
    }

    /// The first items of a partition of an index, first first, at most `limit`, after the sort key `after`.
    pub(crate) async fn query_index_first(
        &self,
        index: &str,
        [pk, sk]: [&str; 2],
        partition: String,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Item>, PortError> {
        let query = self
            .query_of(pk, partition)
            .index_name(index)
            .key_condition_expression("#pk = :pk AND #sk > :after")
            .expression_attribute_names("#sk", sk)
            .expression_attribute_values(":after", AttributeValue::S(after.unwrap_or(" ").to_owned()));
        self.take(query, limit).await
    }

    /// The last items of a partition of an index, last first, at most `limit`, before the sort key `before`.
    pub(crate) async fn query_index(
        &self,
        index: &str,
        [pk, sk]: [&str; 2],
        partition: String,
        before: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Item>, PortError> {
        let query = self.query_of(pk, partition).index_name(index);
        let query = match before {
            Some(before) => query
                .key_condition_expression("#pk = :pk AND #sk < :before")
                .expression_attribute_names("#sk", sk)
                .expression_attribute_values(":before", AttributeValue::S(before.to_owned())),
            None => query.key_condition_expression("#pk = :pk"),
        };
        self.take(query.scan_index_forward(false), limit).await
    }

    /// The items of a partition of an index whose sort keys are not above `until`, first first.
    pub(crate) async fn query_index_until(
        &self,
        index: &str,
        [pk, sk]: [&str; 2],
        partition: String,
        until: String,
    ) -> Result<Vec<Item>, PortError> {
        let query = self
            .query_of(pk, partition)
            .index_name(index)
            .key_condition_expression("#pk = :pk AND #sk <= :until")
            .expression_attribute_names("#sk", sk)
            .expression_attribute_values(":until", AttributeValue::S(until));
        self.all(query).await
    }

    /// A query of the partition whose key attribute is `pk`.
    fn query_of(&self, pk: &str, partition: String) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.name)
            .expression_attribute_names("#pk", pk)
            .expression_attribute_values(":pk", AttributeValue::S(partition))
    }

    async fn all(&self, query: QueryFluentBuilder) -> Result<Vec<Item>, PortError> {
        let mut pages = query.into_paginator().items().send();
        let mut found = Vec::new();
        while let Some(item) = pages.next().await {
            found.push(item.map_err(port_error)?);
        }
        Ok(found)
    }

    async fn take(&self, query: QueryFluentBuilder, limit: usize) -> Result<Vec<Item>, PortError> {
        let most = i32::try_from(limit).unwrap_or(i32::MAX);
        let mut pages = query.limit(most).into_paginator().items().send();
        let mut found = Vec::new();
        while found.len() < limit
            && let Some(item) = pages.next().await
        {
            found.push(item.map_err(port_error)?);
        }
        Ok(found)
    }

    /// Applies one update if its condition holds. `None` when it does not, else the item as it is now.
    pub(crate) async fn update(&self, key: Key, change: Expression) -> Result<Option<Item>, PortError> {
        match self.update_of(key, change).return_values(ReturnValue::AllNew).send().await {
            Ok(answer) => Ok(Some(answer.attributes.unwrap_or_default())),
            Err(error) if is_condition_failed(&error) => Ok(None),
            Err(error) => Err(port_error(error)),
        }
    }

    fn update_of(&self, key: Key, change: Expression) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key_item(key)))
            .update_expression(change.update)
            .set_condition_expression(change.condition)
            .set_expression_attribute_names(change.names)
            .set_expression_attribute_values(change.values)
    }

    /// Commits every write or none. Where conditions did not hold, answers which writes they belong to, by position.
    /// The SDK keeps one client request token for all its tries, so a lost answer cannot apply the writes twice.
    pub(crate) async fn transact(&self, writes: Vec<Write>) -> Result<Result<(), Refused>, PortError> {
        let mut items = Vec::with_capacity(writes.len());
        for write in writes {
            items.push(write.into_item(&self.name)?);
        }
        let mut tries = 1;
        let error = loop {
            match self.client.transact_write_items().set_transact_items(Some(items.clone())).send().await {
                Ok(_) => return Ok(Ok(())),
                // Something else was writing one of the items; nothing is changed, and the SDK does not try again.
                Err(error) if tries < MAX_TRIES && is_conflict(&error) => {
                    tokio::time::sleep(PAUSE * tries).await;
                    tries += 1;
                }
                Err(error) => break error,
            }
        };
        if let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) = error.as_service_error() {
            let failed: Vec<usize> = canceled
                .cancellation_reasons()
                .iter()
                .enumerate()
                .filter(|(_, reason)| reason.code() == Some("ConditionalCheckFailed"))
                .map(|(position, _)| position)
                .collect();
            if !failed.is_empty() {
                return Ok(Err(Refused(failed)));
            }
        }
        Err(port_error(error))
    }
}

fn between(query: QueryFluentBuilder, sk: &str, above: String, below: String) -> QueryFluentBuilder {
    query
        .key_condition_expression("#pk = :pk AND #sk BETWEEN :above AND :below")
        .expression_attribute_names("#sk", sk)
        .expression_attribute_values(":above", AttributeValue::S(above))
        .expression_attribute_values(":below", AttributeValue::S(below))
}

/// How often a transaction is tried that meets other writes, and the pause after the first of them.
const MAX_TRIES: u32 = 4;
const PAUSE: Duration = Duration::from_millis(50);

/// Whether a transaction was cancelled for nothing but other writes at the same moment.
fn is_conflict<R>(error: &SdkError<TransactWriteItemsError, R>) -> bool {
    let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) = error.as_service_error() else {
        return false;
    };
    let mut codes = canceled.cancellation_reasons().iter().filter_map(|reason| reason.code());
    codes.clone().any(|code| code == "TransactionConflict")
        && codes.all(|code| matches!(code, "TransactionConflict" | "None"))
}

#[async_trait]
impl Reachable for Table {
    /// One strongly consistent read.
    async fn ping(&self) -> Result<(), PortError> {
        self.get_item(keys::public_keys()).await.map(|_| ())
    }
}

/// The positions of the writes whose conditions did not hold.
#[derive(Debug)]
pub(crate) struct Refused(Vec<usize>);

impl Refused {
    pub(crate) fn at(&self, position: usize) -> bool {
        self.0.contains(&position)
    }
}

/// An update expression with its condition, names and values.
#[derive(Debug, Default)]
pub(crate) struct Expression {
    update: String,
    condition: Option<String>,
    names: Option<std::collections::HashMap<String, String>>,
    values: Option<Item>,
}

impl Expression {
    pub(crate) fn new(update: &str, condition: &str) -> Self {
        Self { update: update.into(), condition: Some(condition.into()), ..Self::default() }
    }

    /// An update without a condition.
    pub(crate) fn always(update: &str) -> Self {
        Self { update: update.into(), ..Self::default() }
    }

    /// One more attribute to be set by an update that ends with its `SET`.
    pub(crate) fn also(mut self, set: &str) -> Self {
        self.update.push_str(", ");
        self.update.push_str(set);
        self
    }

    pub(crate) fn name(mut self, placeholder: &str, name: &str) -> Self {
        self.names.get_or_insert_default().insert(placeholder.into(), name.into());
        self
    }

    pub(crate) fn value(mut self, placeholder: &str, value: AttributeValue) -> Self {
        self.values.get_or_insert_default().insert(placeholder.into(), value);
        self
    }
}

/// One write of a transaction.
pub(crate) enum Write {
    /// Puts an item where none stands.
    Create(Result<Item, PortError>),
    /// Puts an item where none stands whose `TTL` is not over at this time: DynamoDB deletes late.
    CreateOrExpired(Result<Item, PortError>, Timestamp),
    /// Replaces an item of this version.
    Replace(Result<Item, PortError>, u64),
    /// Sets the attributes of an item of this version and removes the named ones that it has no more; others, which are
    /// written without a version, stay.
    Advance(Result<Item, PortError>, u64, &'static [&'static str]),
    /// Puts an item, whatever stood there.
    Put(Result<Item, PortError>),
    /// Deletes an item of this version.
    DeleteVersion(Key, u64),
    /// Deletes an item, present or not.
    Delete(Key),
    /// Deletes an item that is there and whose `TTL` is not over at this time.
    DeleteFresh(Key, Timestamp),
    /// Sets the attributes of an item, whatever stood there, and removes the named ones that it has no more; others stay.
    Merge(Result<Item, PortError>, &'static [&'static str]),
    /// Updates an item.
    Update(Key, Expression),
}

impl Write {
    pub(crate) fn create<E: Entity>(entity: &E) -> Self {
        Self::Create(to_item(entity))
    }

    pub(crate) fn create_or_expired<E: Entity>(entity: &E, now: Timestamp) -> Self {
        Self::CreateOrExpired(to_item(entity), now)
    }

    pub(crate) fn put<E: Entity>(entity: &E) -> Self {
        Self::Put(to_item(entity))
    }

    pub(crate) fn replace<E: Entity>(entity: &E, version: u64) -> Self {
        Self::Replace(to_item(entity), version)
    }

    pub(crate) fn merge<E: Entity>(entity: &E, optional: &'static [&'static str]) -> Self {
        Self::Merge(to_item(entity), optional)
    }

    pub(crate) fn advance<E: Entity>(entity: &E, version: u64, optional: &'static [&'static str]) -> Self {
        Self::Advance(to_item(entity), version, optional)
    }

    fn into_item(self, table: &str) -> Result<TransactWriteItem, PortError> {
        let write = TransactWriteItem::builder();
        let write = match self {
            Self::Create(item) => write.put(
                Put::builder()
                    .table_name(table)
                    .set_item(Some(item?))
                    .condition_expression("attribute_not_exists(#pk)")
                    .expression_attribute_names("#pk", keys::PK)
                    .build()
                    .map_err(corrupt)?,
            ),
            Self::Replace(item, version) => write.put(
                Put::builder()
                    .table_name(table)
                    .set_item(Some(item?))
                    .condition_expression("#version = :version")
                    .expression_attribute_names("#version", "version")
                    .expression_attribute_values(":version", AttributeValue::N(version.to_string()))
                    .build()
                    .map_err(corrupt)?,
            ),
            Self::CreateOrExpired(item, now) => write.put(
                Put::builder()
                    .table_name(table)
                    .set_item(Some(item?))
                    .condition_expression("attribute_not_exists(#pk) OR #ttl <= :now")
                    .expression_attribute_names("#pk", keys::PK)
                    .expression_attribute_names("#ttl", keys::TTL)
                    .expression_attribute_values(":now", AttributeValue::N(now.as_second().to_string()))
                    .build()
                    .map_err(corrupt)?,
            ),
            Self::Put(item) => {
                write.put(Put::builder().table_name(table).set_item(Some(item?)).build().map_err(corrupt)?)
            }
            Self::Advance(item, version, optional) => {
                let (key, mut change) = merge(item?, optional);
                change.condition = Some("#version = :before".into());
                change = change.name("#version", "version").value(":before", AttributeValue::N(version.to_string()));
                write.update(update(table, key, change)?)
            }
            Self::Merge(item, optional) => {
                let (key, change) = merge(item?, optional);
                write.update(update(table, key, change)?)
            }
            Self::DeleteVersion(key, version) => write.delete(
                Delete::builder()
                    .table_name(table)
                    .set_key(Some(key_item(key)))
                    .condition_expression("#version = :version")
                    .expression_attribute_names("#version", "version")
                    .expression_attribute_values(":version", AttributeValue::N(version.to_string()))
                    .build()
                    .map_err(corrupt)?,
            ),
            Self::Delete(key) => {
                write.delete(Delete::builder().table_name(table).set_key(Some(key_item(key))).build().map_err(corrupt)?)
            }
            Self::DeleteFresh(key, now) => write.delete(
                Delete::builder()
                    .table_name(table)
                    .set_key(Some(key_item(key)))
                    .condition_expression("attribute_exists(#pk) AND #ttl > :now")
                    .expression_attribute_names("#pk", keys::PK)
                    .expression_attribute_names("#ttl", keys::TTL)
                    .expression_attribute_values(":now", AttributeValue::N(now.as_second().to_string()))
                    .build()
                    .map_err(corrupt)?,
            ),
            Self::Update(key, change) => write.update(update(table, key_item(key), change)?),
        };
        Ok(write.build())
    }
}

fn update(table: &str, key: Item, change: Expression) -> Result<Update, PortError> {
    Update::builder()
        .table_name(table)
        .set_key(Some(key))
        .update_expression(change.update)
        .set_condition_expression(change.condition)
        .set_expression_attribute_names(change.names)
        .set_expression_attribute_values(change.values)
        .build()
        .map_err(corrupt)
}

/// The key of `item`, and the update that makes it what `item` is.
fn merge(mut item: Item, optional: &[&str]) -> (Item, Expression) {
    let key = [keys::PK, keys::SK].into_iter().filter_map(|name| item.remove_entry(name)).collect();
    let gone: Vec<String> =
        optional.iter().filter(|name| !item.contains_key(**name)).map(|name| (*name).into()).collect();
    let mut change = Expression::always("");
    let mut set = Vec::new();
    for (number, (name, value)) in item.into_iter().enumerate() {
        set.push(format!("#s{number} = :s{number}"));
        change = change.name(&format!("#s{number}"), &name).value(&format!(":s{number}"), value);
    }
    change.update = format!("SET {}", set.join(", "));
    for (number, name) in gone.iter().enumerate() {
        change.update.push_str(if number == 0 { " REMOVE " } else { ", " });
        change.update.push_str(&format!("#r{number}"));
        change = change.name(&format!("#r{number}"), name);
    }
    (key, change)
}

fn key_item(key: Key) -> Item {
    Item::from([(keys::PK.into(), AttributeValue::S(key.pk)), (keys::SK.into(), AttributeValue::S(key.sk))])
}
