//! What each resource costs: the rules, one file a service, and the sheet that they write lines to.

mod account;
mod bucket;
mod cache;
mod database;
mod dns;
mod kms;
mod load_balancer;
mod log_group;
mod monitoring;
mod network;
mod registry;
mod schedule;
mod secrets;
mod state_store;
mod table;
mod tasks;

use crate::config::{Config, Preset};
use crate::inventory::{Inventory, Resource};
use crate::line::{Line, Range};
use crate::money::HOURS;
use crate::observed::Sources;
use crate::prices::Prices;
use crate::usage::Usage;
use jiff::civil::Date;
use rd_common::records::Basis;
use rd_common::settings::StateSettings;
use rust_decimal::Decimal;
use table::Rule;

/// The `slice` of lines that belong to the whole stack.
pub const STACK: &str = "stack";

/// What an estimate is made with.
#[derive(Clone, Copy)]
pub struct Terms<'a> {
    /// The prices of the stack's region.
    pub prices: &'a Prices,
    /// `[cost]` of `rd.toml`, with the flags.
    pub config: &'a Config,
    /// `[state]`, whose bucket and table cost, too.
    pub state: &'a StateSettings,
    /// The prices of the region of the shared store.
    pub state_prices: &'a Prices,
    /// The day of the estimate.
    pub today: Date,
    /// Where each usage is from, if CloudWatch was asked.
    pub sources: Option<&'a Sources>,
}

/// The lines of a stack, in the order of the addresses, then those of the account and of the store.
pub fn lines(inventory: &Inventory, terms: Terms<'_>) -> Vec<Line> {
    let mut sheet = Sheet {
        inventory,
        terms,
        lines: Vec::new(),
    };
    for resource in inventory.resources.values() {
        match table::rule(&resource.kind) {
            Some(Rule::Priced(price)) => price(&mut sheet, resource),
            Some(Rule::Free(_)) => {}
            None => sheet.unknown(
                resource,
                "resource",
                format!(
                    "this version knows no prices for the kind {}",
                    resource.kind
                ),
            ),
        }
    }
    kms::keys(&mut sheet);
    state_store::store(&mut sheet);
    if terms.config.free_amounts {
        account::free_amounts(&mut sheet);
    }
    if let Some(sources) = terms.sources {
        for line in &mut sheet.lines {
            line.source = line.setting.and_then(|key| sources.get(key).cloned());
        }
    }
    sheet.lines
}

/// The lines of a stack, while they are written.
struct Sheet<'a> {
    inventory: &'a Inventory,
    terms: Terms<'a>,
    lines: Vec<Line>,
}

impl Sheet<'_> {
    /// What `[cost.usage]` says of a key; the typical number is the one that the sums are made of.
    fn usage(&self, of: impl Fn(&Usage) -> crate::usage::Amount) -> Range {
        let range = of(&self.terms.config.usage).0;
        let typical = match self.terms.config.preset {
            Preset::Low => range.low,
            Preset::Typical => range.typical,
            Preset::High => range.high,
        };
        Range { typical, ..range }
    }

    /// A line for what exists, such as hours.
    fn fixed(&mut self, of: &Resource, item: &str, price: &str, quantity: impl Into<Range>) {
        self.line(of, item, price, quantity.into(), None);
    }

    /// A line for what exists all the time, `count` times.
    fn hourly(&mut self, of: &Resource, item: &str, price: &str, count: impl Into<Range>) {
        self.fixed(of, item, price, count.into() * HOURS);
    }

    /// A line for what is used; `setting` is the key of `[cost.usage]` that sets it.
    fn assumed(
        &mut self,
        of: &Resource,
        item: &str,
        price: &str,
        setting: &'static str,
        quantity: Range,
    ) {
        self.line(of, item, price, quantity, Some(setting));
    }

    fn line(
        &mut self,
        of: &Resource,
        item: &str,
        price: &str,
        quantity: Range,
        setting: Option<&'static str>,
    ) {
        if quantity.is_zero() {
            return;
        }
        let found = self.terms.prices.get(price).cloned();
        let basis = match (&found, setting) {
            (None, _) => Basis::Unknown,
            (Some(_), Some(_)) => Basis::Assumed,
            (Some(_), None) => Basis::Fixed,
        };
        let note = match found {
            None => Some(self.no_price(item)),
            Some(_) => None,
        };
        self.lines.push(Line {
            address: address_of(of),
            slice: of.slice.clone(),
            item: item.to_owned(),
            price_item: price.to_owned(),
            quantity: Some(quantity),
            price: found,
            basis,
            setting,
            source: None,
            note,
        });
    }

    fn no_price(&self, item: &str) -> String {
        format!("no price known for {item} in {}", self.terms.prices.region)
    }

    /// A line whose quantity or price is not known.
    fn unknown(&mut self, of: &Resource, item: &str, reason: String) {
        self.lines.push(Line {
            address: address_of(of),
            slice: of.slice.clone(),
            item: item.to_owned(),
            price_item: String::new(),
            quantity: None,
            price: None,
            basis: Basis::Unknown,
            setting: None,
            source: None,
            note: Some(reason),
        });
    }

    /// A line for what costs nothing now, but will from a day on.
    fn nothing_yet(&mut self, of: &Resource, item: &str, note: String) {
        self.unknown(of, item, note);
        if let Some(line) = self.lines.last_mut() {
            line.quantity = Some(Range::default());
            line.basis = Basis::Fixed;
        }
    }

    /// Says that the price of the line that was written last is only that of a day.
    fn note_snapshot(&mut self) {
        let price = self.lines.last().and_then(|line| line.price.as_ref());
        if let Some(date) = price.map(|price| price.date.clone()) {
            self.note(format!("the Spot price of {date}, which changes"));
        }
    }

    /// Says more about the line that was written last.
    fn note(&mut self, note: impl Into<String>) {
        if let Some(line) = self.lines.last_mut().filter(|line| line.note.is_none()) {
            line.note = Some(note.into());
        }
    }

    /// An equal part of a usage of the whole stack, for one of several resources of a kind.
    fn share(&self, whole: Range, count: usize) -> Range {
        let count = Decimal::from(count.max(1));
        whole.map(|number| number / count)
    }
}

fn address_of(resource: &Resource) -> Option<String> {
    (!resource.address.is_empty()).then(|| resource.address.clone())
}
