//! Reads and replaces lock records: items of the table, or objects of the bucket where there is no table.

use super::connection::Clients;
use super::lock_record::LockRecord;
use super::objects::{Read, Write, Written};
use super::refusals::explained;
use super::timing::Timing;
use crate::error::{Error, Result, Retry};
use crate::state::store::Key;
use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::HashMap;
use std::time::Duration;

/// The key of the table, as Terraform's tables have it.
const LOCK_ID: &str = "LockID";
/// The attribute with the record's version, which the conditions name.
const VERSION: &str = "Version";
/// The attribute with the record, in JSON.
const INFO: &str = "Info";

/// The pauses before a conditional write is sent again.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(2),
];

/// A lock record as it was read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct StoredLock {
    /// The record that was read.
    pub(super) record: LockRecord,
    /// What a write that replaces it must name: its version in the table, or its ETag in the bucket.
    pub(super) tag: String,
}

/// The lock records of a store.
#[derive(Clone)]
pub(super) struct LockRecords {
    pub(super) clients: Clients,
    pub(super) timing: Timing,
}

impl LockRecords {
    /// Reads the lock of `key`; none where it was never taken.
    pub(super) async fn read(&self, key: &Key) -> Result<Option<StoredLock>> {
        match &self.clients.place.table {
            Some(table) => self.read_item(table, key).await,
            None => {
                let object = self.clients.place.lock_object(key);
                let read = self.clients.get(&object, None, "the lock").await?;
                Ok(self.of_object(read))
            }
        }
    }

    /// Replaces the record with the tag `expected` by another one, or writes the first one. Returns the new tag; none
    /// where another record is there. Repeating it with the same record is safe.
    pub(super) async fn replace(
        &self,
        key: &Key,
        expected: Option<&str>,
        record: &LockRecord,
    ) -> Result<Option<String>> {
        if let Some(table) = &self.clients.place.table {
            return self.replace_item(table, key, expected, record).await;
        }
        let bytes = record.bytes();
        let write = Write {
            object: &self.clients.place.lock_object(key),
            bytes: &bytes,
            expected,
            metadata: HashMap::new(),
            what: "the lock",
        };
        match self.clients.write(&write).await {
            Ok(Written::Done(etag)) => Ok(Some(etag)),
            Ok(Written::Other(_)) => Ok(None),
            Err(failed) => Err(failed.error),
        }
    }

    fn of_object(&self, read: Read) -> Option<StoredLock> {
        match read {
            Read::Found(object) => Some(StoredLock {
                record: LockRecord::parse(&object.bytes, &object.etag, &self.timing),
                tag: object.etag,
            }),
            Read::Missing | Read::Deleted => None,
        }
    }

    async fn read_item(&self, table: &str, key: &Key) -> Result<Option<StoredLock>> {
        let id = self.clients.place.lock_id(key);
        let call = self.clients.dynamodb.get_item().table_name(table);
        let call = call.key(LOCK_ID, AttributeValue::S(id.clone()));
        // Without it, a read can be behind the last write.
        let answer = match call.consistent_read(true).send().await {
            Ok(answer) => answer,
            Err(error) => {
                let doing = format!("read the lock {id} in the table {table}");
                return Err(explained(&self.clients, &doing, error).await);
            }
        };
        let Some(item) = answer.item() else {
            return Ok(None);
        };
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
        let tag = text(VERSION).cloned().unwrap_or_default();
        let info = text(INFO).map(String::as_str).unwrap_or_default();
        Ok(Some(StoredLock {
            record: LockRecord::parse(info.as_bytes(), &tag, &self.timing),
            tag,
        }))
    }

    async fn replace_item(
        &self,
        table: &str,
        key: &Key,
        expected: Option<&str>,
        record: &LockRecord,
    ) -> Result<Option<String>> {
        let mut pauses = PAUSES.iter();
        loop {
            let error = match self.put_item(table, key, expected, record).await {
                Ok(true) => return Ok(Some(record.version.clone())),
                // What is there now may be this write: an attempt whose answer was lost, or one that something on the way
                // has sent twice.
                Ok(false) => return self.is_there(table, key, record).await,
                Err(error) => error,
            };
            if matches!(error.retry, Retry::Never | Retry::Later) {
                return Err(error);
            }
            let Some(pause) = pauses.next() else {
                return match self.is_there(table, key, record).await {
                    Ok(Some(tag)) => Ok(Some(tag)),
                    _ => Err(error),
                };
            };
            tokio::time::sleep(*pause).await;
        }
    }

    /// The tag of `record` where it is what is stored.
    async fn is_there(
        &self,
        table: &str,
        key: &Key,
        record: &LockRecord,
    ) -> Result<Option<String>> {
        let now = self.read_item(table, key).await?;
        let ours = now.is_some_and(|now| now.tag == record.version);
        Ok(ours.then(|| record.version.clone()))
    }

    /// One attempt. Returns whether the condition held.
    async fn put_item(
        &self,
        table: &str,
        key: &Key,
        expected: Option<&str>,
        record: &LockRecord,
    ) -> Result<bool> {
        let id = self.clients.place.lock_id(key);
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let info = String::from_utf8(record.bytes()).unwrap_or_default();
        let mut call = self
            .clients
            .dynamodb
            .put_item()
            .table_name(table)
            .item(LOCK_ID, text(&id))
            .item(VERSION, text(&record.version))
            .item(INFO, AttributeValue::S(info));
        call = match expected {
            None => call.condition_expression("attribute_not_exists(LockID)"),
            // An item without a version is not one of ours: it is replaced as it was read.
            Some("") => call
                .condition_expression("attribute_not_exists(#version)")
                .expression_attribute_names("#version", VERSION),
            Some(expected) => call
                .condition_expression("#version = :expected")
                .expression_attribute_names("#version", VERSION)
                .expression_attribute_values(":expected", text(expected)),
        };
        match call.send().await {
            Ok(_) => Ok(true),
            Err(error) => {
                let doing = format!("write the lock {id} in the table {table}");
                let error: Error = explained(&self.clients, &doing, error).await;
                if error.is(&["ConditionalCheckFailedException"]) {
                    return Ok(false);
                }
                // Another write of the item is under way, and this one was not done.
                if error.is(&["TransactionConflictException"]) {
                    return Err(error.retry(Retry::NotDone));
                }
                Err(error)
            }
        }
    }
}
