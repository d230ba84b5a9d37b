//! The text of a line item of an estimate. `rd-cost estimate` itself prints a table.

use crate::output::clean::one_line;
use crate::output::look::Look;
use crate::output::style::{BOLD, DIM, WARN, paint};
use crate::output::wrap::hanging;
use crate::records::{Basis, Cost};

/// What it is for, and what it costs in a month.
pub(super) fn line(cost: &Cost) -> String {
    let name = cost.address.as_deref().unwrap_or(&cost.region);
    let amount = match (&cost.usd_month, cost.basis) {
        (Some(usd), Some(Basis::Assumed)) => format!("{} USD a month, assumed", one_line(usd)),
        (Some(usd), _) => format!("{} USD a month", one_line(usd)),
        (None, _) => {
            let reason = cost.reason.as_deref().unwrap_or("no price known");
            paint(WARN, format!("unknown: {}", one_line(reason)))
        }
    };
    let parts = [
        &paint(BOLD, one_line(name)),
        &paint(DIM, one_line(&cost.item)),
        &amount,
    ];
    hanging(&parts.map(String::as_str), 2, Look::of_stdout(false).width)
}
