//! The estimate of some days next to what AWS has charged for them, item by item.

mod explanation;
mod view;

pub use view::{markdown, records, text};

use crate::cost_explorer::Spent;
use crate::estimate::Estimate;
use crate::line::{Line, Price, Range};
use crate::money::HOURS;
use crate::usage_types::{Charge, HOSTED_ZONE, of_item};
use jiff::ToSpan;
use jiff::civil::Date;
use rd_common::records::Basis;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// The days that are compared; all of them are complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// The first day, which is included.
    pub since: Date,
    /// The day after the last one.
    pub until: Date,
}

impl Days {
    /// How many days they are.
    pub fn count(self) -> i64 {
        (self.until - self.since).get_days().into()
    }

    /// The last day, which is included.
    pub fn last(self) -> Date {
        self.until.saturating_sub(1.days())
    }

    /// Which part of a month of 730 hours they are.
    fn share(self) -> Decimal {
        Decimal::from(self.count() * 24) / HOURS
    }
}

/// What is charged under one usage type, or under those that are the same item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Item {
    /// What is paid for, in the words of the estimate; empty where the estimate has no line for it.
    pub name: String,
    /// The items of the price list.
    pub price_items: BTreeSet<String>,
    /// The keys of `[cost.usage]` behind the estimate.
    pub settings: BTreeSet<&'static str>,
    /// The price of a unit, as estimated.
    pub price: Option<Price>,
    /// The estimate for these days in US dollars; none where the estimate has no line, or does not know it.
    pub estimated: Option<Range>,
    /// The quantity of these days, as estimated and without free amounts.
    pub quantity: Option<Range>,
    /// Whether free amounts of the account are part of the estimate.
    pub has_free: bool,
    /// Why the estimate does not know it.
    pub unknown: Option<String>,
    /// AWS's usage types, as charged; as expected where there is no charge.
    pub usage_types: BTreeSet<String>,
    /// The services that charged it.
    pub services: BTreeSet<String>,
    /// What AWS has charged; none where it has charged no such usage.
    pub charged: Option<Decimal>,
    /// The quantity that AWS has charged.
    pub quantity_charged: Decimal,
    /// The unit in which AWS counts it.
    pub unit: String,
    /// What explains the difference; empty where there is none to speak of.
    pub explanation: String,
}

impl Item {
    /// Whether the estimate has a line for it.
    pub fn is_estimated(&self) -> bool {
        !self.name.is_empty()
    }

    /// What was charged beyond the estimate; none where the estimate does not know it.
    pub fn difference(&self) -> Option<Decimal> {
        if self.unknown.is_some() {
            return None;
        }
        let estimated = self.estimated.unwrap_or_default().typical;
        Some(self.charged.unwrap_or_default() - estimated)
    }

    fn add_line(&mut self, line: &Line, share: Decimal) {
        if let Some(price) = &line.price {
            self.price.get_or_insert_with(|| price.clone());
        }
        if !line.price_item.is_empty() {
            self.price_items.insert(line.price_item.clone());
        }
        self.settings.extend(line.setting);
        let is_free = line
            .quantity
            .is_some_and(|quantity| quantity.typical.is_sign_negative());
        if is_free {
            self.has_free = true;
        } else {
            if self.name.is_empty() {
                self.name.clone_from(&line.item);
            }
            let quantity = line.quantity.map(|quantity| quantity * share);
            self.quantity = Some(self.quantity.unwrap_or_default() + quantity.unwrap_or_default());
        }
        match line.amount().filter(|_| line.basis != Basis::Unknown) {
            Some(amount) => {
                let amount = amount * share;
                self.estimated = Some(self.estimated.unwrap_or_default() + amount);
            }
            None => {
                let reason = line.note.clone().unwrap_or_default();
                self.unknown.get_or_insert(reason);
            }
        }
    }

    fn add_charge(&mut self, spent: &Spent) {
        self.charged = Some(self.charged.unwrap_or_default() + spent.amount);
        if let Some(used) = &spent.used {
            self.quantity_charged += used.quantity;
            self.unit.clone_from(&used.unit);
            self.services.insert(used.service.clone());
        }
    }
}

/// All items of an estimate next to those of the bill.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The days that are compared.
    pub days: Days,
    /// The region of the estimate.
    pub region: String,
    /// The currency of the charges.
    pub currency: String,
    /// What the estimate has, in its order, then what only AWS has, the dearest first.
    pub items: Vec<Item>,
}

impl Comparison {
    /// Compares the lines of an estimate with what was charged on these days.
    pub fn new(estimate: &Estimate, spent: &[Spent], days: Days) -> Self {
        let mut items: Vec<(Option<Charge>, Item)> = Vec::new();
        let share = days.share();
        let lines = estimate.items.iter().map(|item| &item.line);
        for line in lines.filter(|line| !says_nothing(line)) {
            let charge = of_item(&line.price_item);
            let found = items.iter_mut().find(|(other, item)| match &charge {
                Some(_) => *other == charge,
                None => item.name == line.item,
            });
            match found {
                Some((_, item)) => item.add_line(line, share),
                None => {
                    let mut item = Item::default();
                    item.add_line(line, share);
                    items.push((charge, item));
                }
            }
        }
        let in_days = |one: &&Spent| (days.since..days.until).contains(&one.day);
        let mut others: BTreeMap<(String, String), Item> = BTreeMap::new();
        for one in spent.iter().filter(in_days) {
            let service = one.used.as_ref().map_or("", |used| used.service.as_str());
            let same = |charge: &Option<Charge>| {
                let charge = charge.as_ref();
                charge.is_some_and(|charge| charge.is(service, &one.key))
            };
            let found = items.iter_mut().find(|(charge, _)| same(charge));
            let item = match found {
                Some((_, item)) => item,
                None => {
                    let key = (service.to_owned(), one.key.clone());
                    others.entry(key).or_default()
                }
            };
            item.usage_types.insert(one.key.clone());
            item.add_charge(one);
        }
        for (charge, item) in &mut items {
            if let Some(charge) = charge.as_ref().filter(|_| item.usage_types.is_empty()) {
                item.usage_types.insert(charge.usage_type.clone());
            }
        }
        let mut items: Vec<Item> = items.into_iter().map(|(_, item)| item).collect();
        let mut others: Vec<Item> = others.into_values().collect();
        others.sort_by_key(|item| std::cmp::Reverse(item.charged));
        items.append(&mut others);
        for item in &mut items {
            item.explanation = explanation::of(item, days);
        }
        Self {
            days,
            region: estimate.region.clone(),
            currency: spent.first().map_or("USD", |one| &one.currency).to_owned(),
            items,
        }
    }

    /// All that the estimate knows.
    pub fn estimated(&self) -> Range {
        let known = self.items.iter().filter_map(|item| item.estimated);
        known.fold(Range::default(), |sum, one| sum + one)
    }

    /// All that was charged.
    pub fn charged(&self) -> Decimal {
        self.items.iter().filter_map(|item| item.charged).sum()
    }

    /// The number of items that the estimate does not know.
    pub fn unknown(&self) -> usize {
        let unknown = self.items.iter().filter(|item| item.unknown.is_some());
        unknown.count()
    }
}

/// A line that costs nothing, such as Extended Support before its day.
fn says_nothing(line: &Line) -> bool {
    line.price_item.is_empty() && line.quantity.is_some_and(Range::is_zero)
}

/// Whether an item is charged for the whole month on its first day.
fn is_charged_at_once(item: &Item) -> bool {
    item.usage_types.contains(HOSTED_ZONE)
}
