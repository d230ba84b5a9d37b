//! The `cost` record: one line item of an estimate, or its total. Amounts are decimal numbers as text, since a JSON
//! number is a float in most programs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an amount rests on.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// What exists: hours, nodes, provisioned storage.
    Fixed,
    /// A usage that is assumed, such as the data through a NAT gateway; `setting` names the key that sets it.
    Assumed,
    /// A price or a quantity is not known; `reason` says which.
    Unknown,
}

impl Basis {
    /// The word for it in records and in text for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Basis::Fixed => "fixed",
            Basis::Assumed => "assumed",
            Basis::Unknown => "unknown",
        }
    }
}

/// The `cost` record. Every amount is in US dollars for a month of 730 hours, at list prices without tax.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cost {
    /// The program that writes it: `cost`.
    pub slice: String,
    /// The address of the resource, such as `net.nat_gateway.a`; absent for what belongs to the whole stack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What is paid for, such as `NAT gateway`; `total` in the last record.
    pub item: String,
    /// The AWS region whose prices these are.
    pub region: String,
    /// What the amount rests on; absent in the total.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// The quantity in a month; absent where it is not known. A free amount is negative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<String>,
    /// The lower end of the quantity, where it is a range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity_low: Option<String>,
    /// The upper end of the quantity, where it is a range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity_high: Option<String>,
    /// The unit of the quantity, such as `hour` or `GB`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The price of a unit; absent where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<String>,
    /// The name of the price, as `rd-cost prices` lists it and a file of `--prices` can have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_item: Option<String>,
    /// The amount of a month once the plan is applied; absent where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usd_month: Option<String>,
    /// The lower end of the amount, where it is a range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usd_month_low: Option<String>,
    /// The upper end of the amount, where it is a range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usd_month_high: Option<String>,
    /// The amount of a month before the plan is applied; absent where the item does not exist yet or is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usd_month_today: Option<String>,
    /// Whether the plan replaces the resource: until the old one is deleted, both may be paid for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overlaps: bool,
    /// The key of `rd.toml` that sets the assumed usage, such as `cost.usage.nat_gb`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setting: Option<String>,
    /// The metrics of CloudWatch that the usage was measured by, and the days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured_by: Option<String>,
    /// Why the usage is assumed although CloudWatch was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assumed_because: Option<String>,
    /// The day of the price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_date: Option<String>,
    /// Where the price comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_origin: Option<String>,
    /// Why the amount is not known, or what else is to be said about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the total consists of; only in the record of the total.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<CostTotal>,
}

/// What a total consists of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CostTotal {
    /// The slices that are in the estimate, in pipe order.
    pub slices: Vec<String>,
    /// The sum of the fixed lines.
    pub fixed: String,
    /// The sum of the lines whose usage is assumed.
    pub assumed: String,
    /// The number of lines whose amount is not known.
    pub unknown: u64,
    /// The sum of today's lines; absent where it is not known what exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub today: Option<String>,
    /// How much more the stack costs after the plan; negative where it costs less. Absent as `today` is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<String>,
}
