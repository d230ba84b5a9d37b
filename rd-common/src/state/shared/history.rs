//! The history of a state: the versions of its object.

use super::connection::Clients;
use super::endless;
use super::objects::{Object, Read};
use super::refusals::explained;
use super::states::{STATE, metadata};
use crate::error::{Error, Result};
use crate::state::document::Document;
use crate::state::moved::Moved;
use crate::state::store::{Key, Version};
use futures_util::StreamExt;
use futures_util::stream;
use jiff::Timestamp;

/// How many versions are asked about at the same time.
const AT_ONCE: usize = 16;
/// How many versions are asked about at first in the search for a serial.
const FIRST_SEARCH: usize = 50;

/// A version in the bucket: its id, and what its metadata say.
pub(super) struct Listed {
    /// The id of the version in the bucket.
    pub(super) id: String,
    /// What the history shows of it.
    pub(super) version: Version,
}

impl Clients {
    /// The newest versions of a state that can be read, newest first, at most `limit`.
    pub(super) async fn versions(&self, key: &Key, limit: usize) -> Result<Vec<Listed>> {
        let mut asked = limit;
        loop {
            let ids = self.version_ids(key, asked).await?;
            let is_all = ids.len() < asked;
            let mut versions = self.readable(key, ids).await?;
            if is_all || versions.len() >= limit {
                versions.truncate(limit);
                return Ok(versions);
            }
            // Some are no states, such as the note of a move.
            asked = asked.saturating_mul(2);
        }
    }

    /// Those of these versions that can be read, and that are part of the history.
    async fn readable(&self, key: &Key, ids: Vec<String>) -> Result<Vec<Listed>> {
        let all: Vec<Result<Option<Listed>>> = stream::iter(ids)
            .map(|id| self.listed(key, id))
            .buffered(AT_ONCE)
            .collect()
            .await;
        let mut versions: Vec<Listed> = Vec::new();
        for listed in all {
            let Some(listed) = listed? else {
                continue;
            };
            // A version that was written over by one with a lower or the same serial is no longer part of the history:
            // a move between stores that was interrupted and run again leaves such ones.
            let last = versions.last().map(|newer| newer.version.serial);
            if last.is_none_or(|newer| listed.version.serial < newer) {
                versions.push(listed);
            }
        }
        Ok(versions)
    }

    /// Reads the version with this serial.
    pub(super) async fn state_version(&self, key: &Key, serial: u64) -> Result<Document> {
        for limit in [FIRST_SEARCH, usize::MAX] {
            let versions = self.versions(key, limit).await?;
            if let Some(found) = versions.iter().find(|one| one.version.serial == serial) {
                return self.read_version(key, &found.id).await;
            }
            if versions.len() < limit
                && versions
                    .last()
                    .is_none_or(|one| one.version.serial < serial)
            {
                break;
            }
        }
        Err(
            Error::usage(format!("the {} state has no version {serial}", key.slice))
                .hint("`rd-state history` lists the versions; old ones are removed in time"),
        )
    }

    /// Reads a version by its id in the bucket.
    pub(super) async fn read_version(&self, key: &Key, id: &str) -> Result<Document> {
        match self.get(&self.place.state(key), Some(id), STATE).await? {
            Read::Found(object) => self.parse_state(key, &object),
            Read::Missing | Read::Deleted => Err(Error::failed(format!(
                "the version {id} of the state {} is no longer there",
                self.place.url(&self.place.state(key))
            ))
            .hint("run the command again")),
        }
    }

    /// The ids of the newest versions, newest first, without delete markers.
    async fn version_ids(&self, key: &Key, limit: usize) -> Result<Vec<String>> {
        let object = self.place.state(key);
        let mut ids = Vec::new();
        let mut from: Option<(String, Option<String>)> = None;
        loop {
            let (key_marker, id_marker) = from.clone().unzip();
            let call = self
                .s3
                .list_object_versions()
                .bucket(&self.place.bucket)
                .prefix(&object)
                .set_key_marker(key_marker)
                .set_version_id_marker(id_marker.flatten());
            let page = match call.send().await {
                Ok(page) => page,
                Err(error) => {
                    let doing = format!("list the versions of {}", self.place.url(&object));
                    return Err(explained(self, &doing, error).await);
                }
            };
            let of_this = page
                .versions()
                .iter()
                .filter(|one| one.key() == Some(&object));
            ids.extend(of_this.filter_map(|one| one.version_id().map(str::to_owned)));
            let next = page.next_key_marker().map(str::to_owned);
            let more = page.is_truncated() == Some(true) && next.as_deref() == Some(&object);
            if !more || ids.len() >= limit {
                ids.truncate(limit);
                return Ok(ids);
            }
            let next = next.map(|key| (key, page.next_version_id_marker().map(str::to_owned)));
            if next == from {
                return Err(endless(&self.place.url(&object)));
            }
            from = next;
        }
    }

    /// What the history shows of a version; none where it is no state that can be read.
    async fn listed(&self, key: &Key, id: String) -> Result<Option<Listed>> {
        let object = self.place.state(key);
        let call = self.s3.head_object().bucket(&self.place.bucket);
        let head = match call.key(&object).version_id(&id).send().await {
            Ok(head) => head,
            // It was removed meanwhile.
            Err(error)
                if error
                    .raw_response()
                    .is_some_and(|r| r.status().as_u16() == 404) =>
            {
                return Ok(None);
            }
            Err(error) => {
                let doing = format!("read a version of {}", self.place.url(&object));
                return Err(explained(self, &doing, error).await);
            }
        };
        let text = |name: &str| head.metadata().and_then(|all| all.get(name)).cloned();
        let number = |name: &str| text(name).and_then(|text| text.parse::<u64>().ok());
        let written = text(metadata::WRITTEN).and_then(|text| text.parse::<Timestamp>().ok());
        if let (Some(serial), Some(written)) = (number(metadata::SERIAL), written) {
            let version = Version {
                serial,
                written,
                run: text(metadata::RUN).unwrap_or_default(),
                command: text(metadata::COMMAND).unwrap_or_default(),
                resources: usize::try_from(number(metadata::RESOURCES).unwrap_or_default())
                    .unwrap_or_default(),
            };
            return Ok(Some(Listed { id, version }));
        }
        // Written by another program, such as the AWS CLI.
        let read = self.get(&object, Some(&id), STATE).await?;
        let Read::Found(Object { bytes, .. }) = read else {
            return Ok(None);
        };
        if Moved::parse(&bytes).is_some() {
            return Ok(None);
        }
        let Ok(document) = Document::parse(&bytes, &object) else {
            return Ok(None);
        };
        let version = Version {
            serial: document.serial,
            written: document.written,
            run: document.run,
            command: document.command,
            resources: document.resources.len(),
        };
        Ok(Some(Listed { id, version }))
    }
}
