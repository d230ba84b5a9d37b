//! Cost Explorer: what AWS has charged for the stack, found by its tags. A request costs 0.01 USD, and each page is a
//! request, so a run counts them, keeps answers, and makes no more than it may.
//! <https://docs.aws.amazon.com/cost-management/latest/userguide/ce-api-best-practices.html>

mod anomalies;
mod cache;
mod costs;
mod forecast;
mod kept;
mod metric;
mod requests;
mod tags;

pub use anomalies::Found;
pub use costs::{By, Kind, Query, Spent};
pub use forecast::Forecast;
pub use kept::{Kept, kept};
pub use metric::Metric;
pub use requests::{CostExplorer, RequestArgs};
pub use tags::{State, TagState};

use aws_sdk_costexplorer::types::{DateInterval, Expression, TagValues};
use jiff::civil::Date;
use rd_common::{Error, Result, Stack};

/// The tags by which the costs of a stack are found; rd sets them on all that it creates.
pub const OWN_TAGS: [&str; 2] = ["Project", "Environment"];

/// The tag by which its costs are told apart by slice.
pub const SLICE_TAG: &str = "rd:slice";

/// What belongs to the stack.
fn of_stack(stack: &Stack) -> Expression {
    let values = [&stack.project, &stack.environment];
    let tags = OWN_TAGS.iter().zip(values).map(|(key, value)| {
        let tag = TagValues::builder().key(*key).values(value).build();
        Expression::builder().tags(tag).build()
    });
    Expression::builder().set_and(Some(tags.collect())).build()
}

/// The days from `since` to `until`, which is left out, as Cost Explorer counts them.
fn days(since: Date, until: Date) -> Result<DateInterval> {
    let interval = DateInterval::builder();
    let interval = interval.start(since.to_string()).end(until.to_string());
    interval
        .build()
        .map_err(|e| Error::failed(format!("the days are incomplete: {e}")))
}
