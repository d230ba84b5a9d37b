//! Cost allocation tags: costs can be found by a tag only from its activation on.
//! <https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/cost-alloc-tags.html>

use super::costs::explained;
use super::{CostExplorer, OWN_TAGS, SLICE_TAG};
use aws_sdk_costexplorer::types::{CostAllocationTagStatus, CostAllocationTagStatusEntry as Entry};
use jiff::civil::Date;
use rd_common::aws::Explain;
use rd_common::{Error, Result};
use serde::Serialize;

/// What AWS knows of a tag key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum State {
    /// AWS has not seen it yet: a tag is listed up to a day after the first resource has it.
    Unseen,
    /// Seen, and not active: no cost can be found by it.
    Inactive,
    /// Active since this time, as AWS writes it.
    Active {
        /// When it was last changed, which is when it was activated.
        since: Option<String>,
    },
}

/// A tag key, and whether costs can be found by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TagState {
    /// The key of the tag.
    pub key: String,
    /// What AWS knows of it.
    #[serde(flatten)]
    pub state: State,
}

impl CostExplorer {
    /// The state of each tag by which rd finds costs; none where this account may not ask, since only the management account
    /// of an organization and accounts of their own may.
    pub async fn tags(&self) -> Result<Option<Vec<TagState>>> {
        self.count()?;
        let keys = OWN_TAGS.into_iter().chain([SLICE_TAG]);
        let call = self.client.list_cost_allocation_tags();
        let call = call.set_tag_keys(Some(keys.clone().map(str::to_owned).collect()));
        let answer = match call.send().await.doing("read the cost allocation tags") {
            Err(error) if error.is(&["AccessDeniedException"]) => return Ok(None),
            other => other.map_err(explained)?,
        };
        let state = |key: &str| {
            let mut listed = answer.cost_allocation_tags().iter();
            match listed.find(|one| one.tag_key() == key) {
                None => State::Unseen,
                Some(one) if *one.status() == CostAllocationTagStatus::Active => State::Active {
                    since: one.last_updated_date().map(str::to_owned),
                },
                Some(_) => State::Inactive,
            }
        };
        let all = keys.map(|key| TagState {
            key: key.to_owned(),
            state: state(key),
        });
        Ok(Some(all.collect()))
    }

    /// Activates tag keys that AWS has seen.
    pub async fn activate(&self, keys: &[&str]) -> Result<()> {
        self.count()?;
        let mut call = self.client.update_cost_allocation_tags_status();
        for key in keys {
            let entry = Entry::builder().tag_key(*key);
            let entry = entry.status(CostAllocationTagStatus::Active).build();
            call = call.cost_allocation_tags_status(
                entry.map_err(|e| Error::failed(format!("the tag is incomplete: {e}")))?,
            );
        }
        let answer = call
            .send()
            .await
            .doing("activate the tags")
            .map_err(explained)?;
        match answer.errors().first() {
            Some(error) => Err(Error::failed(format!(
                "AWS did not activate {}: {}",
                error.tag_key().unwrap_or("a tag"),
                error.message().unwrap_or("it gave no reason")
            ))),
            None => Ok(()),
        }
    }

    /// Lets AWS apply the tags as they are now to the past, from the first day of a month on. Kept answers are forgotten.
    pub async fn backfill(&self, from: Date) -> Result<()> {
        self.count()?;
        let call = self.client.start_cost_allocation_tag_backfill();
        let call = call.backfill_from(format!("{}T00:00:00Z", from.first_of_month()));
        let answer = call.send().await.doing("start the backfill");
        answer.map_err(
            |error| match error.is(&["BackfillLimitExceededException"]) {
                true => {
                    error.hint("AWS allows one backfill in 24 hours: run the command again later")
                }
                false => explained(error),
            },
        )?;
        self.cache.borrow_mut().clear()
    }

    /// The values that AWS knows of a tag key between two days: an account that may not ask for the state of tags may ask for
    /// these, which exist for active tags alone.
    pub async fn has_values(&self, key: &str, since: Date, until: Date) -> Result<bool> {
        self.count()?;
        let call = self.client.get_tags().tag_key(key);
        let call = call.time_period(super::days(since, until)?);
        let answer = call
            .send()
            .await
            .doing("read the tags")
            .map_err(explained)?;
        Ok(answer.tags().iter().any(|value| !value.is_empty()))
    }
}
