//! A line item: a quantity at a price.

use rd_common::records::Basis;
use rust_decimal::Decimal;
use std::ops::{Add, Mul, Sub};

/// A number that is not known exactly: its ends, and the number that is typical.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// The lowest number that is likely.
    pub low: Decimal,
    /// The number that sums are made of.
    pub typical: Decimal,
    /// The highest number that is likely.
    pub high: Decimal,
}

impl Range {
    /// The range whose three numbers are `change` of these.
    pub fn map(self, change: impl Fn(Decimal) -> Decimal) -> Self {
        Self {
            low: change(self.low),
            typical: change(self.typical),
            high: change(self.high),
        }
    }

    /// Whether it is a single number.
    pub fn is_exact(self) -> bool {
        self.low == self.typical && self.typical == self.high
    }

    /// Whether all of its numbers are zero.
    pub fn is_zero(self) -> bool {
        self.is_exact() && self.typical.is_zero()
    }

    /// What is above `limit`.
    pub fn beyond(self, limit: Decimal) -> Self {
        self.map(|number| (number - limit).max(Decimal::ZERO))
    }

    /// What is not above `limit`.
    pub fn up_to(self, limit: Decimal) -> Self {
        self.map(|number| number.min(limit))
    }
}

impl From<Decimal> for Range {
    fn from(number: Decimal) -> Self {
        Self {
            low: number,
            typical: number,
            high: number,
        }
    }
}

impl From<i64> for Range {
    fn from(number: i64) -> Self {
        Decimal::from(number).into()
    }
}

impl Add for Range {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            low: self.low + other.low,
            typical: self.typical + other.typical,
            high: self.high + other.high,
        }
    }
}

impl Sub for Range {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            low: self.low - other.low,
            typical: self.typical - other.typical,
            high: self.high - other.high,
        }
    }
}

impl Mul<Decimal> for Range {
    type Output = Self;

    fn mul(self, factor: Decimal) -> Self {
        self.map(|number| number * factor)
    }
}

/// The price of a unit in one region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// US dollars for a unit.
    pub usd: Decimal,
    /// The unit, such as `hour` or `GB-month`.
    pub unit: String,
    /// The day of the price, such as `2025-06-18`.
    pub date: String,
    /// Where the price comes from.
    pub origin: String,
}

/// Where the number of a usage is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// It was measured, by the metrics that are named.
    Measured(String),
    /// It is assumed; why.
    Assumed(String),
}

/// What is paid for one thing of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The address of the resource; none for what belongs to the whole stack.
    pub address: Option<String>,
    /// The slice whose table it stands in; `stack` for what belongs to the whole stack.
    pub slice: String,
    /// What is paid for.
    pub item: String,
    /// The item of the price list; empty where there is none for it.
    pub price_item: String,
    /// The quantity in a month; none where it is not known.
    pub quantity: Option<Range>,
    /// The price of a unit; none where it is not known.
    pub price: Option<Price>,
    /// What the quantity rests on.
    pub basis: Basis,
    /// The key of `[cost.usage]` that sets an assumed quantity.
    pub setting: Option<&'static str>,
    /// Where a usage is from, if CloudWatch was asked; none where it was not.
    pub source: Option<Source>,
    /// Why it is not known, or what else is to be said.
    pub note: Option<String>,
}

impl Line {
    /// The amount of a month in US dollars; none where quantity or price are not known.
    pub fn amount(&self) -> Option<Range> {
        if self.quantity?.is_zero() {
            return Some(Range::default());
        }
        Some(self.quantity? * self.price.as_ref()?.usd)
    }

    /// What tells it from the other lines of an estimate.
    pub fn key(&self) -> (String, Option<String>, String) {
        (self.slice.clone(), self.address.clone(), self.item.clone())
    }
}
