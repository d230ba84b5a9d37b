//! An estimate: what a stack costs once a plan is applied, and what it costs today.

use crate::inventory::{Inventory, Planned};
use crate::line::{Line, Range};
use crate::pricing::{STACK, Terms, lines};
use rd_common::records::Basis;
use rd_common::slices::SLICES;
use rd_common::{Error, Result};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

/// A line of the stack after the plan, with what it costs today.
#[derive(Clone, Debug)]
pub struct Item {
    /// The line; for what the plan deletes, that of today with a quantity of 0.
    pub line: Line,
    /// Today's amount: zero where it does not exist yet; none where it is not known.
    pub today: Option<Range>,
    /// Whether the plan replaces the resource, so that the old and the new one may both be paid for until the old one is
    /// deleted.
    pub overlaps: bool,
}

/// The sums of an estimate, in US dollars a month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// The lines for what exists.
    pub fixed: Range,
    /// The lines for what is used.
    pub assumed: Range,
    /// The number of lines that are not known.
    pub unknown: usize,
}

impl Sums {
    fn of<'a>(lines: impl Iterator<Item = &'a Line>) -> Self {
        let mut sums = Self::default();
        for line in lines {
            match (line.amount(), line.basis) {
                (None, _) | (_, Basis::Unknown) => sums.unknown += 1,
                (Some(amount), Basis::Fixed) => sums.fixed = sums.fixed + amount,
                (Some(amount), Basis::Assumed) => sums.assumed = sums.assumed + amount,
            }
        }
        sums
    }

    /// All that is known.
    pub fn total(&self) -> Range {
        self.fixed + self.assumed
    }
}

/// What a stack costs, and what a plan changes of it.
#[derive(Clone, Debug)]
pub struct Estimate {
    /// The region whose prices were taken.
    pub region: String,
    /// The slices that are in it, in pipe order.
    pub slices: Vec<String>,
    /// The lines, in the order of the slices.
    pub items: Vec<Item>,
    /// The sums after the plan.
    pub after: Sums,
    /// The sums of today; none where it is not known what exists.
    pub today: Option<Sums>,
}

impl Estimate {
    /// The estimate of a plan.
    pub fn of_plan(planned: &Planned, terms: Terms<'_>) -> Self {
        let after = lines(&planned.after, terms);
        let mut today = lines(&planned.today, terms);
        let slice_of = |address: &str| address.split('.').next().unwrap_or_default().to_owned();
        let unknown = |address: &str, item: &str, reason: &str| Line {
            address: Some(address.to_owned()),
            slice: slice_of(address),
            item: item.to_owned(),
            price_item: String::new(),
            quantity: None,
            price: None,
            basis: Basis::Unknown,
            setting: None,
            source: None,
            note: Some(reason.to_owned()),
        };
        for (address, kind) in &planned.predecessors {
            let item = format!("replaced {kind}");
            today.push(unknown(
                address,
                &item,
                "its spec is not known; this plan deletes it",
            ));
        }
        let mut after = after;
        for address in &planned.without_spec {
            let reason = "an earlier version has made the plan, without the spec: make it again";
            after.push(unknown(address, "resource", reason));
        }
        let slices = planned.slices.iter().map(String::as_str).collect();
        let today = (!planned.offline).then_some(today.as_slice());
        Self::new(terms, &slices, after, today, &planned.replaced)
    }

    /// The estimate of what the states have.
    pub fn of_states(inventory: &Inventory, slices: &BTreeSet<&str>, terms: Terms<'_>) -> Self {
        let now = lines(inventory, terms);
        Self::new(terms, slices, now.clone(), Some(&now), &BTreeSet::new())
    }

    fn new(
        terms: Terms<'_>,
        slices: &BTreeSet<&str>,
        after: Vec<Line>,
        today: Option<&[Line]>,
        replaced: &BTreeSet<String>,
    ) -> Self {
        let sums = Sums::of(after.iter());
        let sums_today = today.map(|lines| Sums::of(lines.iter()));
        let mut before: BTreeMap<_, Line> = BTreeMap::new();
        for line in today.unwrap_or_default() {
            before.insert(line.key(), line.clone());
        }
        let mut items: Vec<Item> = Vec::new();
        for line in after {
            let was = before.remove(&line.key());
            let today = match (&was, &today) {
                (Some(was), _) => was.amount(),
                (None, Some(_)) => Some(Range::default()),
                (None, None) => None,
            };
            let address = line.address.as_ref();
            items.push(Item {
                overlaps: address.is_some_and(|address| replaced.contains(address)),
                line,
                today,
            });
        }
        for (_, line) in before {
            let today = line.amount();
            let gone = Line {
                quantity: Some(Range::default()),
                basis: match line.basis {
                    Basis::Unknown => Basis::Fixed,
                    other => other,
                },
                note: None,
                ..line
            };
            items.push(Item {
                line: gone,
                today,
                overlaps: false,
            });
        }
        let place = |item: &Item| {
            let slice = item.line.slice.as_str();
            SLICES
                .iter()
                .position(|one| *one == slice)
                .unwrap_or(SLICES.len())
        };
        items.sort_by_key(place);
        Self {
            region: terms.prices.region.clone(),
            slices: SLICES
                .iter()
                .filter(|slice| slices.contains(**slice))
                .map(ToString::to_string)
                .collect(),
            items,
            after: sums,
            today: sums_today,
        }
    }

    /// The names of the tables, in their order.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        let slices = self.slices.iter().map(String::as_str);
        slices.chain([STACK])
    }

    /// How much more a month costs after the plan; none where today is not known.
    pub fn change(&self) -> Option<Range> {
        Some(self.after.total() - self.today?.total())
    }
}

/// The limit of `--fail-over`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// US dollars a month.
    Absolute(Decimal),
    /// Percent of what a month costs today.
    Percent(Decimal),
}

impl Limit {
    /// Parses `20` or `15%`.
    pub fn parse(text: &str) -> std::result::Result<Self, String> {
        let (number, percent) = match text.strip_suffix('%') {
            Some(number) => (number, true),
            None => (text, false),
        };
        let number = Decimal::from_str(number.trim()).ok();
        match number.filter(|number| !number.is_sign_negative()) {
            Some(number) if percent => Ok(Limit::Percent(number)),
            Some(number) => Ok(Limit::Absolute(number)),
            None => {
                Err("allowed: US dollars a month, such as 20, or percent, such as 15%".to_owned())
            }
        }
    }

    /// What the plan may add to a month; none for percent where there is nothing yet.
    pub fn allows(self, today: Decimal) -> Option<Decimal> {
        match self {
            Limit::Absolute(usd) => Some(usd),
            Limit::Percent(_) if today.is_zero() => None,
            Limit::Percent(percent) => Some(today * percent / Decimal::ONE_HUNDRED),
        }
    }
}

/// Fails where nothing can be estimated: no change came.
pub fn check_not_empty(planned: &Planned) -> Result<()> {
    match planned.slices.is_empty() {
        true => Err(Error::usage("there is no plan on stdin")
            .hint("estimate reads the records of `plan`: rd-net plan | rd-data plan | rd-cost estimate; without a pipe it reads the states")),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_an_amount_or_a_share_of_today() {
        assert_eq!(Limit::parse("20"), Ok(Limit::Absolute(20.into())));
        assert_eq!(Limit::parse("15%"), Ok(Limit::Percent(15.into())));
        for wrong in ["", "x", "-1", "%", "1 USD"] {
            assert!(Limit::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(
            Limit::Percent(15.into()).allows(200.into()),
            Some(30.into())
        );
        assert_eq!(Limit::Percent(15.into()).allows(0.into()), None);
        assert_eq!(Limit::Absolute(20.into()).allows(0.into()), Some(20.into()));
    }
}
