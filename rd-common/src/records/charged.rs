//! The `charged` record: what AWS has charged this month.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The `charged` record: what AWS has charged for the stack this month, as far as an earlier `rd-cost report` has read it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Charged {
    /// The program that writes it: `cost`.
    pub slice: String,
    /// The first day, which is that of the month, such as `2026-11-01`.
    pub since: String,
    /// The last day that the amount has; AWS goes on adding to the last two days.
    pub until: String,
    /// The amount with all that belongs to the bill: usage, fees, tax and credits.
    pub amount: String,
    /// The currency of the amount, such as `USD`.
    pub currency: String,
    /// When Cost Explorer was asked, in RFC 3339.
    pub asked: String,
}
