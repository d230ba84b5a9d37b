//! What the checks look with: clients, states, prices, and the days.

use super::names::OwnNames;
use crate::clients::Clients;
use crate::money::HOURS;
use crate::observed::Window;
use crate::owned::{Owned, OwnedResources};
use crate::prices::Prices;
use aws_sdk_ec2::types::Filter;
use aws_smithy_types::DateTime;
use jiff::Timestamp;
use rd_common::Stack;
use rust_decimal::Decimal;

/// What the checks look with.
pub struct Look<'a> {
    /// The clients of the services that are asked.
    pub clients: &'a Clients,
    /// The stack whose waste is looked for.
    pub stack: &'a Stack,
    /// What the states have.
    pub owned: &'a OwnedResources,
    /// The prices of the region.
    pub prices: &'a Prices,
    /// The days that are looked at.
    pub window: Window,
    /// The time of the run.
    pub now: Timestamp,
    /// Whether the account's other resources are looked at, too.
    pub account: bool,
}

impl Look<'_> {
    /// The price of `hours` of an item in a month of all hours; none where it is not known.
    pub fn hourly(&self, item: &str, count: i64) -> Option<Decimal> {
        let price = self.prices.get(item)?.usd;
        Some(price * HOURS * Decimal::from(count))
    }

    /// The price of a quantity; none where it is not known.
    pub fn priced(&self, item: &str, quantity: Decimal) -> Option<Decimal> {
        Some(self.prices.get(item)?.usd * quantity)
    }

    /// The resource of the states with an id.
    pub fn with_id(&self, id: &str) -> Option<&Owned> {
        self.owned.all().find(|one| one.id == id)
    }

    /// The address of the resource with this id; none where the states have none.
    pub fn address(&self, id: &str) -> Option<String> {
        self.with_id(id).map(|one| one.address.clone())
    }

    /// Filters of EC2 for this stack; none for the whole account.
    pub fn filters(&self) -> Vec<Filter> {
        if self.account {
            return Vec::new();
        }
        let tags = self.stack.stack_tags();
        tags.into_iter()
            .map(|(key, value)| {
                Filter::builder()
                    .name(format!("tag:{key}"))
                    .values(value)
                    .build()
            })
            .collect()
    }

    /// Whether something was created after the first of the days, so that it cannot be judged. What has no time is old.
    pub fn is_too_new(&self, created: Option<&DateTime>) -> bool {
        created.is_some_and(|created| created.secs() > self.window.from.as_second())
    }

    /// Whether a time is at least `days` before now.
    pub fn is_older(&self, time: Option<&DateTime>, days: i64) -> bool {
        let limit = self.now.as_second() - days * 86_400;
        time.is_some_and(|time| time.secs() < limit)
    }

    /// The names that are this stack's alone.
    pub fn names(&self) -> OwnNames {
        OwnNames::of(self.stack, self.owned)
    }

    /// Whether these are the tags of this stack; none where they name no stack.
    pub fn is_tagged<'t>(
        &self,
        tags: &(impl Iterator<Item = (Option<&'t str>, Option<&'t str>)> + Clone),
    ) -> Option<bool> {
        let value = |wanted: &str| {
            let mut tags = tags.clone();
            tags.find(|(key, _)| *key == Some(wanted))
                .and_then(|(_, value)| value)
        };
        let of = self.stack.stack_tags();
        let named = of.iter().any(|(key, _)| value(key).is_some());
        named.then(|| of.iter().all(|(key, wanted)| value(key) == Some(*wanted)))
    }
}
